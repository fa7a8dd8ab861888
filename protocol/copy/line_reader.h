// What COPY's text and csv layouts have in common: lines, fields, NULL, the header. Sans-I/O.
//
// Their readers read whatever pieces come as PostgreSQL does (copyfromparse.c), except where two readings are
// possible: there they give up. What legacy refuses anyway may be read in any way.
#pragma once

#include <cstddef>

#include "protocol/copy/format.h"
#include "protocol/copy/key_collector.h"

namespace pgtandem::copy {

class line_reader {
 protected:
  explicit line_reader(const format& f) : format_(f), skips_line_(f.header) {}

  // A byte of the present field as it is written; what it means comes by add().
  void note_raw(char c) {
    line_begun_ = true;
    if (raw_matched_ < format_.null.size() && format_.null[raw_matched_] == c)
      ++raw_matched_;
    else
      raw_differs_ = true;
  }
  void add(char c, key_collector& to) const {
    if (!skips_line_) to.append(c);
  }
  // What the present field says is not known.
  void lose_value(key_collector& to) const {
    if (!skips_line_ && to.wants_field()) to.give_up();
  }
  void end_field(key_collector& to);
  // True: `c` is the end of a line, or a part of one. A carriage return that stands alone makes it give up:
  // lines end otherwise then, or legacy refuses it.
  [[nodiscard]] bool take_line_end(char c, key_collector& to);
  // The last line needs no end.
  void finish_lines(key_collector& to);

  format format_;
  bool line_begun_ = false;
  bool quoted_ = false;  // a part of the present field: then it is not NULL

 private:
  void end_line(key_collector& to);

  bool skips_line_;
  bool after_return_ = false;
  // Whether the field is written like NULL.
  std::size_t raw_matched_ = 0;
  bool raw_differs_ = false;
};

}  // namespace pgtandem::copy
