// What is wrong with a connection string, without repeating any of it. Pure.
#pragma once

#include <string>
#include <string_view>

namespace pgtandem::proxy {

// libpq quotes the offending part of a connection string, which may be a piece of the password: its message
// is only classified, and a word close to an option's name is answered with that name.
[[nodiscard]] std::string conninfo_sentence(std::string_view libpq_message);

}  // namespace pgtandem::proxy
