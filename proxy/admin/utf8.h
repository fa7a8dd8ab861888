// Text from servers of any encoding, made fit for JSON. Pure.
#pragma once

#include <string>
#include <string_view>

namespace pgtandem::proxy {

// `text` if it is UTF-8; else with U+FFFD in place of each byte that is not part of a valid sequence.
[[nodiscard]] std::string valid_utf8(std::string_view text);

}  // namespace pgtandem::proxy
