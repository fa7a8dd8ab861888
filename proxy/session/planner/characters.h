// What the bytes of a text are, as far as a session has to know.
#pragma once

#include <algorithm>
#include <string_view>

namespace pgtandem::proxy {

[[nodiscard]] inline bool has_backslash(std::string_view text) {
  return text.find('\\') != std::string_view::npos;
}

// Whether client_encoding or standard_conforming_strings may decide where the strings of a text end.
[[nodiscard]] inline bool depends_on_settings(std::string_view text) {
  const auto beyond_ascii = [](char c) { return static_cast<unsigned char>(c) >= 0x80; };
  return has_backslash(text) || std::any_of(text.begin(), text.end(), beyond_ascii);
}

}  // namespace pgtandem::proxy
