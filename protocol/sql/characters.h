// Characters of a text, in which legacy gives the positions of its errors. Pure.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>

namespace pgtandem::sql {

// Of UTF-8 text; in a single-byte encoding that happens to look like it, an underestimate.
[[nodiscard]] inline std::int32_t count_characters(std::string_view text) {
  return static_cast<std::int32_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

}  // namespace pgtandem::sql
