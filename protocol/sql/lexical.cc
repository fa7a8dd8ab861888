#include "protocol/sql/lexical.h"

#include <algorithm>

namespace pgtandem::sql {

void scanner::skip_blanks() {
  while (at_ < text_.size()) {
    if (is_blank(text_[at_])) {
      ++at_;
    } else if (at_comment()) {
      skip_comment();
    } else {
      return;
    }
  }
}

void scanner::skip_comment() {
  if (peek() == '-') {
    at_ = std::min(text_.find_first_of("\r\n", at_), text_.size());
    return;
  }
  std::size_t depth = 0;  // block comments nest
  do {
    if (peek() == '/' && peek(1) == '*') {
      ++depth;
      at_ += 2;
    } else if (peek() == '*' && peek(1) == '/') {
      --depth;
      at_ += 2;
    } else {
      ++at_;
    }
  } while (depth != 0 && at_ < text_.size());
  at_ = std::min(at_, text_.size());
}

void scanner::skip_quoted(char quote, bool backslashes) {
  ++at_;
  while (at_ < text_.size()) {
    const char c = text_[at_++];
    if (backslashes && c == '\\') {
      ++at_;
    } else if (c == quote) {
      if (peek() != quote) return;
      ++at_;
    }
  }
  at_ = text_.size();
}

// A string goes on behind a line break, 'a'<newline>'b', and an escape string stays one.
void scanner::skip_escape_string() {
  for (;;) {
    skip_quoted('\'', true);
    const std::size_t end = at_;
    bool line_break = false;
    while (at_ < text_.size() && (is_blank(peek()) || (peek() == '-' && peek(1) == '-'))) {
      line_break = line_break || peek() == '\n' || peek() == '\r';
      if (is_blank(peek())) {
        ++at_;
      } else {
        skip_comment();
      }
    }
    if (peek() == '\'' && line_break) continue;
    at_ = end;
    return;
  }
}

void scanner::skip_dollar() {
  const std::size_t start = at_++;
  if (is_digit(peek())) {  // $1
    while (is_digit(peek())) ++at_;
    return;
  }
  std::size_t end = at_;
  if (end < text_.size() && starts_word(text_[end])) {
    while (end < text_.size() && continues_word(text_[end]) && text_[end] != '$') ++end;
  }
  if (end >= text_.size() || text_[end] != '$') return;
  const std::string_view tag = text_.substr(start, end + 1 - start);
  const std::size_t close = text_.find(tag, end + 1);
  at_ = close == std::string_view::npos ? text_.size() : close + tag.size();
}

void scanner::skip_word() {
  while (continues_word(peek()) && at_ < text_.size()) ++at_;
}

// Digits and dots only: a word may follow at once, and parsers before 15 take 1union for two tokens.
void scanner::skip_number() {
  while (is_digit(peek())) ++at_;
  if (peek() == '.' && peek(1) != '.') {
    ++at_;
    while (is_digit(peek())) ++at_;
  }
}

void scanner::skip_operators() {
  while (at_ < text_.size() && is_operator(peek()) && !at_comment()) ++at_;
}

token scanner::next() {
  skip_blanks();
  const std::size_t start = at_;
  if (at_ >= text_.size()) return {};
  const auto cut = [&](token_kind kind) { return token{kind, text_.substr(start, at_ - start)}; };
  const auto single = [&](token_kind kind) {
    ++at_;
    return cut(kind);
  };
  const char c = peek();
  if (starts_word(c)) {
    if ((c == 'e' || c == 'E') && peek(1) == '\'') {
      ++at_;
      skip_escape_string();
      return cut(token_kind::literal);
    }
    skip_word();
    return cut(token_kind::word);
  }
  if (is_digit(c) || (c == '.' && is_digit(peek(1)))) {
    skip_number();
    return cut(token_kind::literal);
  }
  if (is_operator(c)) {
    skip_operators();
    return cut(token_kind::operators);
  }
  switch (c) {
    case '\'':
      if (in_strings_ == backslash::escape) {
        skip_escape_string();
        return cut(token_kind::literal);
      }
      [[fallthrough]];
    case '"':
      skip_quoted(c, false);
      return cut(token_kind::literal);
    case '$':
      skip_dollar();
      return cut(token_kind::literal);
    case '(':
    case '[':
      return single(token_kind::open);
    case ')':
    case ']':
      return single(token_kind::close);
    case ',':
      return single(token_kind::comma);
    case ';':
      return single(token_kind::semicolon);
    case '.':
      return single(token_kind::dot);
    default:
      return single(token_kind::other);
  }
}

}  // namespace pgtandem::sql
