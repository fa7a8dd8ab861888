// The outer shape of what the capture expression yields: marker, tableoid, row, overlay, base64.
#include <charconv>
#include <cstdint>

#include "protocol/change/image.h"
#include "protocol/change/json_scan.h"

namespace pgtandem::change {

namespace {

// -1: not of the alphabet.
int base64_digit(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+') return 62;
  return c == '/' ? 63 : -1;
}

// Where the object at `start` ends; npos if there is none.
std::size_t object_end(std::string_view text, std::size_t start) {
  if (start >= text.size() || text[start] != '{') return std::string_view::npos;
  json_scanner scanner{text, start};
  return scanner.skip_value() ? scanner.position() : std::string_view::npos;
}

}  // namespace

std::optional<captured_row_view> split_captured(std::string_view text) {
  if (text.starts_with('J')) text.remove_prefix(1);
  captured_row_view out{};
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, out.tableoid.value);
  if (error != std::errc{} || end == last || *end != ' ') return std::nullopt;
  text.remove_prefix(end - text.data() + 1);

  const auto row_end = object_end(text, 0);
  if (row_end == std::string_view::npos) return std::nullopt;
  out.row = text.substr(0, row_end);
  out.overlay = text.substr(row_end);
  if (!out.overlay.empty() && object_end(out.overlay, 0) != out.overlay.size()) return std::nullopt;
  return out;
}

std::optional<std::string> decode_base64(std::string_view text) {
  std::string out;
  out.reserve(text.size() / 4 * 3);
  std::uint32_t bits = 0;
  int digits = 0;  // of the group of four at hand
  int padding = 0;
  for (const char c : text) {
    if (c == '\n' || c == '\r') continue;
    if (c == '=') {
      if (++padding + digits > 4 || digits < 2) return std::nullopt;
      continue;
    }
    const int digit = base64_digit(c);
    if (digit < 0 || padding > 0) return std::nullopt;
    bits = bits << 6 | static_cast<std::uint32_t>(digit);
    if (++digits < 4) continue;
    for (const int shift : {16, 8, 0}) out.push_back(static_cast<char>(bits >> shift));
    digits = 0;
    bits = 0;
  }
  if (digits == 0) return out;
  if (digits + padding != 4) return std::nullopt;
  bits <<= 6 * padding;
  for (int i = 0; i < digits - 1; ++i) out.push_back(static_cast<char>(bits >> (16 - 8 * i)));
  return out;
}

std::optional<std::vector<json_member_view>> json_members(std::string_view object) {
  std::vector<json_member_view> members;
  json_scanner scanner{object};
  const auto since = [&](std::size_t start) { return object.substr(start, scanner.position() - start); };
  scanner.skip_space();
  if (!scanner.take('{')) return std::nullopt;
  scanner.skip_space();
  bool closed = scanner.take('}');
  while (!closed) {
    json_member_view member;
    scanner.skip_space();
    auto start = scanner.position();
    if (!scanner.skip_string()) return std::nullopt;
    member.name = since(start);
    scanner.skip_space();
    if (!scanner.take(':')) return std::nullopt;
    scanner.skip_space();
    start = scanner.position();
    if (!scanner.skip_value()) return std::nullopt;
    member.value = since(start);
    members.push_back(member);
    scanner.skip_space();
    closed = scanner.take('}');
    if (!closed && !scanner.take(',')) return std::nullopt;
  }
  scanner.skip_space();
  if (!scanner.at_end()) return std::nullopt;
  return members;
}

}  // namespace pgtandem::change
