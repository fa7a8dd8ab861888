// Cuts SQL text into coarse tokens by PostgreSQL's lexical rules, without
// allocating and without judging whether the text is valid. A value over a borrowed text, which has to
// outlive it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace pgtandem::sql {

enum class token_kind : std::uint8_t {
  end,
  word,       // keyword or unquoted identifier
  literal,    // string of any form, number, parameter; also a quoted identifier
  operators,  // a run of operator characters
  open,       // ( or [
  close,      // ) or ]
  comma,
  semicolon,
  dot,
  other,  // colon and what belongs nowhere
};

struct token {
  token_kind kind = token_kind::end;
  std::string_view text;
};

[[nodiscard]] constexpr char fold_ascii(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
[[nodiscard]] constexpr bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}
[[nodiscard]] constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
// Bytes above ASCII are letters, whatever the encoding.
[[nodiscard]] constexpr bool starts_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}
[[nodiscard]] constexpr bool continues_word(char c) {
  return starts_word(c) || is_digit(c) || c == '$';
}
[[nodiscard]] constexpr bool is_operator(char c) {
  return std::string_view("~!@#^&|`?+-*/%<>=").find(c) != std::string_view::npos;
}

// Whether a token is this keyword.
[[nodiscard]] constexpr bool is_word(const token& t, std::string_view lower_case) {
  return t.kind == token_kind::word && t.text.size() == lower_case.size() &&
         std::equal(lower_case.begin(), lower_case.end(), t.text.begin(),
                    [](char l, char c) { return l == fold_ascii(c); });
}

class scanner {
 public:
  // What a backslash in a plain string is depends on standard_conforming_strings: itself if on.
  enum class backslash : std::uint8_t { itself, escape };
  explicit scanner(std::string_view text, backslash in_strings = backslash::itself)
      : text_(text), in_strings_(in_strings) {}

  [[nodiscard]] token next();

  // Bytes consumed so far.
  [[nodiscard]] std::size_t position() const { return at_; }
  // Moves behind blanks and comments.
  void skip_blanks();

 private:
  [[nodiscard]] char peek(std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }
  [[nodiscard]] bool at_comment() const {
    return (peek() == '-' && peek(1) == '-') || (peek() == '/' && peek(1) == '*');
  }
  void skip_comment();
  void skip_quoted(char quote, bool backslashes);
  void skip_escape_string();
  void skip_dollar();
  void skip_word();
  void skip_number();
  void skip_operators();

  std::string_view text_;
  backslash in_strings_;
  std::size_t at_ = 0;
};

}  // namespace pgtandem::sql
