#include "protocol/change/json_scan.h"

#include <cstdint>

namespace pgtandem::change {

namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::optional<std::uint32_t> hex4(std::string_view s) {
  if (s.size() < 4) return std::nullopt;
  std::uint32_t v = 0;
  for (const char c : s.substr(0, 4)) {
    v <<= 4;
    if (is_digit(c))
      v |= c - '0';
    else if (c >= 'a' && c <= 'f')
      v |= c - 'a' + 10;
    else if (c >= 'A' && c <= 'F')
      v |= c - 'A' + 10;
    else
      return std::nullopt;
  }
  return v;
}

void append_utf8(std::string& out, std::uint32_t c) {
  const auto tail = [&](int shift) { out.push_back(static_cast<char>(0x80 | (c >> shift & 0x3f))); };
  if (c < 0x80) {
    out.push_back(static_cast<char>(c));
  } else if (c < 0x800) {
    out.push_back(static_cast<char>(0xc0 | c >> 6));
    tail(0);
  } else if (c < 0x10000) {
    out.push_back(static_cast<char>(0xe0 | c >> 12));
    tail(6), tail(0);
  } else {
    out.push_back(static_cast<char>(0xf0 | c >> 18));
    tail(12), tail(6), tail(0);
  }
}

// `rest` starts behind "\u"; returns how much of it was used, 0 if it names no character.
std::size_t append_unicode_escape(std::string& out, std::string_view rest) {
  const auto first = hex4(rest);
  if (!first || *first == 0) return 0;
  if (*first < 0xd800 || *first > 0xdfff) {
    append_utf8(out, *first);
    return 4;
  }
  if (*first > 0xdbff || !rest.substr(4).starts_with("\\u")) return 0;
  const auto second = hex4(rest.substr(6));
  if (!second || *second < 0xdc00 || *second > 0xdfff) return 0;
  append_utf8(out, 0x10000 + ((*first - 0xd800) << 10) + (*second - 0xdc00));
  return 10;
}

char simple_escape(char c) {
  switch (c) {
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case '"':
    case '\\':
    case '/':
      return c;
    default:
      return '\0';
  }
}

}  // namespace

void json_scanner::skip_space() {
  while (!at_end()) {
    const char c = text_[position_];
    if (c != ' ' && c != '\n' && c != '\r' && c != '\t') return;
    ++position_;
  }
}

bool json_scanner::take(char c) {
  if (at_end() || text_[position_] != c) return false;
  ++position_;
  return true;
}

bool json_scanner::skip_string() {
  if (!take('"')) return false;
  while (!at_end()) {
    const auto c = static_cast<unsigned char>(text_[position_++]);
    if (c == '"') return true;
    if (c < 0x20) return false;
    if (c != '\\') continue;
    const char escaped = peek();
    if (escaped == 'u') {
      if (!hex4(text_.substr(position_ + 1))) return false;
      position_ += 5;
    } else if (simple_escape(escaped) != '\0') {
      ++position_;
    } else {
      return false;
    }
  }
  return false;
}

bool json_scanner::skip_digits() {
  if (!is_digit(peek())) return false;
  while (is_digit(peek())) ++position_;
  return true;
}

bool json_scanner::skip_number() {
  static_cast<void>(take('-'));
  if (!take('0') && !skip_digits()) return false;
  if (take('.') && !skip_digits()) return false;
  if (take('e') || take('E')) {
    if (!take('+')) static_cast<void>(take('-'));
    return skip_digits();
  }
  return true;
}

bool json_scanner::skip_scalar() {
  if (peek() == '"') return skip_string();
  for (const std::string_view literal : {"true", "false", "null"}) {
    if (!text_.substr(position_).starts_with(literal)) continue;
    position_ += literal.size();
    return true;
  }
  return skip_number();
}

// A member's name and its colon.
bool json_scanner::skip_name() {
  skip_space();
  if (!skip_string()) return false;
  skip_space();
  return take(':');
}

bool json_scanner::skip_value() {
  std::string closers;  // of the objects and arrays around the position
  for (;;) {
    // Here a value is due.
    skip_space();
    const char opener = peek();
    if (opener == '{' || opener == '[') {
      ++position_;
      closers.push_back(opener == '{' ? '}' : ']');
      skip_space();
      if (peek() != closers.back()) {
        if (opener == '{' && !skip_name()) return false;
        continue;
      }
    } else if (!skip_scalar()) {
      return false;
    }
    // Here a value, or the inside of an empty container, has ended.
    for (;;) {
      if (closers.empty()) return true;
      skip_space();
      if (take(',')) break;
      if (!take(closers.back())) return false;
      closers.pop_back();
    }
    if (closers.back() == '}' && !skip_name()) return false;
  }
}

std::optional<std::string> unescape_json(std::string_view token) {
  if (token.size() < 2 || token.front() != '"' || token.back() != '"') return std::nullopt;
  const auto text = token.substr(1, token.size() - 2);
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    const auto escape = text.find('\\', i);
    out.append(text.substr(i, escape - i));
    if (escape == std::string_view::npos) break;
    if (escape + 1 >= text.size()) return std::nullopt;
    i = escape + 2;
    if (text[escape + 1] == 'u') {
      const auto used = append_unicode_escape(out, text.substr(i));
      if (used == 0) return std::nullopt;
      i += used;
    } else if (const char c = simple_escape(text[escape + 1]); c != '\0') {
      out.push_back(c);
    } else {
      return std::nullopt;
    }
  }
  return out;
}

void append_json_string(std::string& out, std::string_view text) {
  constexpr std::string_view hex = "0123456789abcdef";
  out.push_back('"');
  for (const char c : text) {
    switch (c) {
      case '\b':
        out += "\\b";
        break;
      case '\f':
        out += "\\f";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          out += "\\u00";
          out.push_back(hex[c >> 4]);
          out.push_back(hex[c & 0xf]);
        } else {
          out.push_back(c);
        }
    }
  }
  out.push_back('"');
}

}  // namespace pgtandem::change
