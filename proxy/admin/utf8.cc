#include "proxy/admin/utf8.h"

#include <cstdint>

namespace pgtandem::proxy {
namespace {

unsigned char byte_at(std::string_view s, std::size_t i) {
  return i < s.size() ? static_cast<unsigned char>(s[i]) : 0;
}

// Length of the valid sequence at the start of `s`, 0 if there is none.
std::size_t sequence_length(std::string_view s) {
  const unsigned char first = byte_at(s, 0);
  if (first < 0x80) return 1;
  std::size_t length = 0;
  std::uint32_t code = 0;
  if (first >= 0xC2 && first <= 0xDF) {
    length = 2, code = first & 0x1FU;
  } else if ((first & 0xF0U) == 0xE0) {
    length = 3, code = first & 0x0FU;
  } else if (first >= 0xF0 && first <= 0xF4) {
    length = 4, code = first & 0x07U;
  } else {
    return 0;
  }
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte_at(s, i) & 0xC0U) != 0x80) return 0;
    code = code << 6 | (byte_at(s, i) & 0x3FU);
  }
  const bool overlong = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
  const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  return overlong || surrogate || code > 0x10FFFF ? 0 : length;
}

}  // namespace

std::string valid_utf8(std::string_view text) {
  std::string r;
  r.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = sequence_length(text);
    if (length == 0) {
      r += "\xEF\xBF\xBD";
    } else {
      r += text.substr(0, length);
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return r;
}

}  // namespace pgtandem::proxy
