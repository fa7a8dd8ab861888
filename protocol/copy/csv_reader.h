// COPY's csv layout: fields between delimiters, some of them in quotes. Sans-I/O; one per COPY.
#pragma once

#include <cstdint>
#include <string_view>

#include "protocol/copy/line_reader.h"

namespace pgtandem::copy {

class csv_reader : line_reader {
 public:
  explicit csv_reader(const format& f) : line_reader(f) {}
  void read(std::string_view piece, key_collector& to);
  void finish(key_collector& to);

 private:
  // `escape`: behind the escape character within quotes, which may be their end. `backslash`: behind one that
  // begins a line.
  enum class within : std::uint8_t { field, quotes, escape, backslash };
  void read_byte(char c, key_collector& to);
  void read_unquoted(char c, key_collector& to);
  void read_quoted(char c, key_collector& to);
  void read_behind_escape(char c, key_collector& to);

  within within_ = within::field;
};

}  // namespace pgtandem::copy
