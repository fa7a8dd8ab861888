#include "protocol/copy/csv_reader.h"

namespace pgtandem::copy {

void csv_reader::read(std::string_view piece, key_collector& to) {
  for (const char c : piece) {
    if (to.lost()) return;
    read_byte(c, to);
  }
}

void csv_reader::read_byte(char c, key_collector& to) {
  switch (within_) {
    case within::quotes:
      return read_quoted(c, to);
    case within::escape:
      return read_behind_escape(c, to);
    case within::backslash:
      // Up to PostgreSQL 17 the end of the data if it stands alone, later a value.
      if (c == '.') return to.give_up();
      within_ = within::field;
      read_unquoted('\\', to);
      return read_byte(c, to);
    case within::field:
      break;
  }
  if (c == '\\' && !line_begun_)
    within_ = within::backslash;
  else if (!take_line_end(c, to))
    read_unquoted(c, to);
}

void csv_reader::read_unquoted(char c, key_collector& to) {
  line_begun_ = true;
  if (c == format_.delimiter) {
    end_field(to);
  } else if (c == format_.quote) {
    quoted_ = true;
    within_ = within::quotes;
  } else {
    note_raw(c);
    add(c, to);
  }
}

void csv_reader::read_quoted(char c, key_collector& to) {
  if (c == format_.escape)
    within_ = within::escape;
  else if (c == format_.quote)
    within_ = within::field;
  else
    add(c, to);
}

void csv_reader::read_behind_escape(char c, key_collector& to) {
  if (c == format_.escape || c == format_.quote) {
    within_ = within::quotes;
    add(c, to);
  } else if (format_.escape == format_.quote) {
    within_ = within::field;
    read_byte(c, to);
  } else {
    within_ = within::quotes;
    add(format_.escape, to);
    add(c, to);
  }
}

void csv_reader::finish(key_collector& to) {
  const bool closed = within_ == within::escape && format_.escape == format_.quote;
  if (within_ != within::field && !closed) to.give_up();
  finish_lines(to);
}

}  // namespace pgtandem::copy
