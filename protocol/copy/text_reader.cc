#include "protocol/copy/text_reader.h"

#include <optional>
#include <utility>

namespace pgtandem::copy {
namespace {

std::optional<unsigned> digit(char c, unsigned base) {
  unsigned value = 0;
  if (c >= '0' && c <= '9')
    value = static_cast<unsigned>(c - '0');
  else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
    value = static_cast<unsigned>((c | 0x20) - 'a') + 10;
  else
    return std::nullopt;
  return value < base ? std::optional(value) : std::nullopt;
}

char meaning(char behind_backslash) {
  switch (behind_backslash) {
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
    case 'v':
      return '\v';
    default:
      return behind_backslash;
  }
}

}  // namespace

void text_reader::read(std::string_view piece, key_collector& to) {
  for (const char c : piece) {
    if (ended_ || to.lost()) return;
    read_byte(c, to);
  }
}

void text_reader::read_byte(char c, key_collector& to) {
  if (within_ == within::backslash) return read_behind_backslash(c, to);
  if (take_digit(c, to)) return;
  if (take_line_end(c, to)) return;
  if (c == format_.delimiter) {
    line_begun_ = true;
    return end_field(to);
  }
  if (c == '\\') {
    within_ = within::backslash;
    return;
  }
  note_raw(c);
  add(c, to);
}

void text_reader::read_behind_backslash(char c, key_collector& to) {
  within_ = within::field;
  if (c == '.') {
    // The end of the data, on a line of its own.
    if (line_begun_) return to.give_up();
    ended_ = true;
    return;
  }
  note_raw('\\');
  note_raw(c);
  if (const auto value = digit(c, 8)) {
    within_ = within::octal;
    number_ = *value;
    digits_ = 1;
  } else if (c == 'x') {
    within_ = within::hex_begin;
    number_ = digits_ = 0;
  } else {
    add(meaning(c), to);
  }
}

bool text_reader::take_digit(char c, key_collector& to) {
  if (within_ == within::field) return false;
  const bool octal = within_ == within::octal;
  const auto value = digit(c, octal ? 8 : 16);
  if (!value) {
    end_number(to);
    return false;
  }
  note_raw(c);
  number_ = number_ * (octal ? 8 : 16) + *value;
  if (!octal) within_ = within::hex;
  if (++digits_ == (octal ? 3U : 2U)) end_number(to);
  return true;
}

void text_reader::end_number(key_collector& to) {
  const auto was = std::exchange(within_, within::field);
  if (was == within::hex_begin) return add('x', to);
  const unsigned byte = number_ & 0xff;
  // A byte of the server's encoding, whatever the client's is.
  if (byte == 0 || byte >= 0x80) return lose_value(to);
  add(static_cast<char>(byte), to);
}

void text_reader::finish(key_collector& to) {
  if (within_ == within::backslash) to.give_up();
  if (within_ != within::field) end_number(to);
  finish_lines(to);
}

}  // namespace pgtandem::copy
