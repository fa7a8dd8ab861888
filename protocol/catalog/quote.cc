#include <fmt/format.h>

#include <algorithm>

#include "protocol/catalog/image_sql.h"

namespace pgtandem::catalog {

std::string quote_identifier(std::string_view name) {
  std::string out = "\"";
  for (const char c : name) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
  return out;
}

std::string qualified_name(const change::table_name& t) {
  return quote_identifier(t.schema) + "." + quote_identifier(t.name);
}

std::string quote_literal(std::string_view text) {
  // E'' alone means the same under both settings of standard_conforming_strings; without a backslash both do.
  std::string out = text.find('\\') == std::string_view::npos ? "'" : "E'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += c;
    out += c;
  }
  out += '\'';
  return out;
}

namespace {

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

// The code point that starts at `at` of valid UTF-8; moves `at` behind it.
std::uint32_t next_code_point(std::string_view text, std::size_t& at) {
  const auto first = static_cast<unsigned char>(text[at++]);
  if (first < 0x80) return first;
  const int more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : 1;
  std::uint32_t point = first & (0x3FU >> more);
  for (int i = 0; i < more && at < text.size(); ++i)
    point = (point << 6) | (static_cast<unsigned char>(text[at++]) & 0x3FU);
  return point;
}

// Writes `text` with the characters beyond ASCII as `introduction` and hex digits, and those of `doubled`
// twice.
std::string escaped(std::string_view text, std::string_view doubled, std::string_view introduction,
                    int digits) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const auto point = next_code_point(text, at);
    if (point >= 0x80) {
      out += fmt::format("{}{:0{}X}", introduction, point, digits);
      continue;
    }
    const char c = static_cast<char>(point);
    if (doubled.find(c) != std::string_view::npos) out += c;
    out += c;
  }
  return out;
}

}  // namespace

std::string quote_identifier_ascii(std::string_view name) {
  return is_ascii(name) ? quote_identifier(name) : fmt::format("U&\"{}\"", escaped(name, "\"\\", "\\+", 6));
}

std::string quote_literal_ascii(std::string_view text) {
  return is_ascii(text) ? quote_literal(text) : fmt::format("E'{}'", escaped(text, "'\\", "\\U", 8));
}

}  // namespace pgtandem::catalog
