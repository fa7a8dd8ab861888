#include "protocol/sql/shape.h"

#include <array>
#include <cstdint>

#include "protocol/sql/lexical.h"

namespace pgtandem::sql {
namespace {

// Control bytes cannot occur in a shape otherwise: a text that has one outside of a string has no shape.
constexpr char integer_mark = '\x01';
constexpr char float_mark = '\x02';
constexpr char string_mark = '\x03';

enum class byte_kind : std::uint8_t {
  plain,
  word,
  digit,
  quote,
  identifier_quote,
  dollar,
  dash,
  slash,
  forbidden
};

constexpr std::array<byte_kind, 256> classify_bytes() {
  std::array<byte_kind, 256> kinds{};
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    const char c = static_cast<char>(i);
    kinds[i] = starts_word(c)                                           ? byte_kind::word
               : is_digit(c)                                            ? byte_kind::digit
               : c == '\''                                              ? byte_kind::quote
               : c == '"'                                               ? byte_kind::identifier_quote
               : c == '$'                                               ? byte_kind::dollar
               : c == '-'                                               ? byte_kind::dash
               : c == '/'                                               ? byte_kind::slash
               : c == '\\' || c == '\x7f' || (i < 0x20 && !is_blank(c)) ? byte_kind::forbidden
                                                                        : byte_kind::plain;
  }
  return kinds;
}
constexpr std::array<byte_kind, 256> byte_kinds = classify_bytes();

byte_kind kind_of(char c) {
  return byte_kinds[static_cast<unsigned char>(c)];
}

bool goes_on_as_word(char c) {
  const byte_kind kind = kind_of(c);
  return kind == byte_kind::word || kind == byte_kind::digit || kind == byte_kind::dollar;
}

class cutter {
 public:
  cutter(std::string_view text, std::string& shape) : text_(text), shape_(shape) {}

  bool run() {
    shape_.resize(text_.size());  // never longer than the text
    while (at_ < text_.size()) {
      if (!step()) return false;
    }
    shape_.resize(written_);
    return literals_ != 0;
  }

 private:
  [[nodiscard]] char peek(std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : ' ';
  }
  void put(char c) { shape_[written_++] = c; }
  void keep(std::size_t from) {
    for (; from < at_; ++from) put(text_[from]);
  }
  void mark(char kind) {
    put(kind);
    ++literals_;
  }

  bool step() {
    switch (kind_of(text_[at_])) {
      case byte_kind::plain:
        return keep_plain();
      case byte_kind::word:
        return keep_word();
      case byte_kind::digit:
        return cut_number();
      case byte_kind::quote:
        return cut_string();
      case byte_kind::identifier_quote:
        return keep_identifier();
      case byte_kind::dollar:
        return keep_parameter();
      case byte_kind::dash:
        return peek(1) != '-' && keep_plain();
      case byte_kind::slash:
        return peek(1) != '*' && keep_plain();
      case byte_kind::forbidden:
        break;
    }
    return false;
  }

  bool keep_plain() {
    const char c = text_[at_++];
    put(c);
    // U&'...' and U&"..." are not what they look like; .5 would be a number.
    if (c == '&') return peek() != '\'' && peek() != '"';
    return c != '.' || !is_digit(peek());
  }

  bool keep_word() {
    const std::size_t start = at_;
    do {
      ++at_;
    } while (at_ < text_.size() && goes_on_as_word(text_[at_]));
    keep(start);
    return peek() != '\'' && peek() != '"';  // E'...', B'...'
  }

  bool keep_identifier() {
    const std::size_t start = at_++;
    while (at_ < text_.size()) {
      const char c = text_[at_++];
      if (kind_of(c) == byte_kind::forbidden) return false;
      if (c != '"') continue;
      if (peek() != '"') {
        keep(start);
        return true;
      }
      ++at_;
    }
    return false;
  }

  bool keep_parameter() {
    const std::size_t start = at_++;
    if (!is_digit(peek())) return false;
    while (is_digit(peek())) ++at_;
    keep(start);
    return !continues_word(peek());
  }

  bool cut_string() {
    ++at_;
    while (at_ < text_.size()) {
      const char c = text_[at_++];
      if (c == '\\' || c == '\0') return false;
      if (c != '\'') continue;
      if (peek() != '\'') {
        mark(string_mark);
        return true;
      }
      ++at_;
    }
    return false;
  }

  bool cut_number() {
    const std::size_t start = at_;
    while (is_digit(peek())) ++at_;
    const std::string_view digits = text_.substr(start, at_ - start);
    if (peek() == '.') {
      ++at_;
      if (!is_digit(peek())) return false;  // 1. and 1..2
      while (is_digit(peek())) ++at_;
      mark(float_mark);
    } else if (digits.size() < 10 || (digits.size() == 10 && digits[0] == '1')) {
      mark(integer_mark);
    } else if (digits[0] != '0' && (digits.size() > 10 || digits[0] > '2')) {
      mark(float_mark);  // beyond 32 bits the grammar sees a float
    } else {
      return false;  // around 2^31, or leading zeros
    }
    return !continues_word(peek()) && peek() != '.';
  }

  std::string_view text_;
  std::string& shape_;
  std::size_t at_ = 0;
  std::size_t written_ = 0;
  std::size_t literals_ = 0;
};

}  // namespace

bool take_literals_out(std::string_view text, std::string& shape) {
  return cutter(text, shape).run();
}

}  // namespace pgtandem::sql
