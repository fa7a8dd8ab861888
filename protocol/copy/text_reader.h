// COPY's text layout: fields between delimiters, special characters behind backslashes. Sans-I/O; one per
// COPY.
#pragma once

#include <cstdint>
#include <string_view>

#include "protocol/copy/line_reader.h"

namespace pgtandem::copy {

class text_reader : line_reader {
 public:
  explicit text_reader(const format& f) : line_reader(f) {}
  void read(std::string_view piece, key_collector& to);
  void finish(key_collector& to);

 private:
  enum class within : std::uint8_t { field, backslash, octal, hex_begin, hex };
  void read_byte(char c, key_collector& to);
  void read_behind_backslash(char c, key_collector& to);
  // True: `c` is a digit of the number that stands for a byte. Else the number, if any, is over.
  [[nodiscard]] bool take_digit(char c, key_collector& to);
  void end_number(key_collector& to);

  within within_ = within::field;
  unsigned number_ = 0;
  unsigned digits_ = 0;
  bool ended_ = false;  // by a line `\.`: legacy takes no notice of what comes behind it
};

}  // namespace pgtandem::copy
