// Which settings of a session matter to capture, by whatever statement they are changed. Private to this
// folder. Pure; thread-safe.
#pragma once

#include <string_view>

namespace pgtandem::sql {

// Settings that decide where the strings of a text end.
[[nodiscard]] bool decides_lexing(std::string_view setting);

// Settings that decide what a name means, which rows a role sees, or how a value is printed.
[[nodiscard]] bool decides_names(std::string_view setting);

}  // namespace pgtandem::sql
