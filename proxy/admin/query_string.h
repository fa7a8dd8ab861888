// The part of a request target behind '?'. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace pgtandem::proxy {

// The decoded value of the one parameter `name`; nullopt if it is absent or given twice, or the escapes are
// wrong.
[[nodiscard]] std::optional<std::string> query_parameter(std::string_view target, std::string_view name);
// Escapes everything but letters, digits and -._~
[[nodiscard]] std::string percent_encode(std::string_view text);

}  // namespace pgtandem::proxy
