// Exact text of values whose own text output depends on settings, from the hex of their send function. The
// text is read back to the same value by the type's input function under the settings that
// catalog::pin_settings_sql pins. Pure; nullopt if the hex is not of that type.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace pgtandem::change {

// Shortest text that is read back to the same bits; NaN, Infinity, -Infinity and -0 as PostgreSQL spells
// them.
[[nodiscard]] std::optional<std::string> float4_text(std::string_view hex);
[[nodiscard]] std::optional<std::string> float8_text(std::string_view hex);

// Months, days and time apart, each with its own sign: '-1 mons +2 days -00:00:03.000004'.
[[nodiscard]] std::optional<std::string> interval_text(std::string_view hex);

// Under lc_monetary C: '-123.45'.
[[nodiscard]] std::optional<std::string> money_text(std::string_view hex);

// The number of a "char", -128 to 127, as its casts from and to integer have it.
[[nodiscard]] std::optional<std::string> char_code_text(std::string_view hex);

}  // namespace pgtandem::change
