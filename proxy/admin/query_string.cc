#include "proxy/admin/query_string.h"

#include <algorithm>
#include <charconv>

namespace pgtandem::proxy {
namespace {

std::optional<std::string> percent_decode(std::string_view text) {
  std::string r;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      r += text[i] == '+' ? ' ' : text[i];
      continue;
    }
    unsigned code = 0;
    if (i + 2 >= text.size()) return std::nullopt;
    auto [end, error] = std::from_chars(text.data() + i + 1, text.data() + i + 3, code, 16);
    if (error != std::errc{} || end != text.data() + i + 3) return std::nullopt;
    r += static_cast<char>(code);
    i += 2;
  }
  return r;
}

}  // namespace

std::optional<std::string> query_parameter(std::string_view target, std::string_view name) {
  const auto mark = target.find('?');
  if (mark == std::string_view::npos) return std::nullopt;
  std::string_view rest = target.substr(mark + 1);
  std::optional<std::string> found;
  while (!rest.empty()) {
    const std::string_view pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(rest.size(), pair.size() + 1));
    const auto equals = pair.find('=');
    const auto key = percent_decode(pair.substr(0, equals));
    if (!key || *key != name) continue;
    if (found) return std::nullopt;
    found = percent_decode(equals == std::string_view::npos ? "" : pair.substr(equals + 1));
    if (!found) return std::nullopt;
  }
  return found;
}

std::string percent_encode(std::string_view text) {
  constexpr std::string_view hex = "0123456789ABCDEF";
  std::string r;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("-._~").find(c) != std::string_view::npos;
    if (plain) {
      r += c;
    } else {
      r += {'%', hex[byte >> 4], hex[byte & 15]};
    }
  }
  return r;
}

}  // namespace pgtandem::proxy
