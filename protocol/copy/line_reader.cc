#include "protocol/copy/line_reader.h"

namespace pgtandem::copy {

void line_reader::end_field(key_collector& to) {
  const bool is_null = !quoted_ && !raw_differs_ && raw_matched_ == format_.null.size();
  if (!skips_line_) to.end_field(is_null);
  quoted_ = raw_differs_ = false;
  raw_matched_ = 0;
}

void line_reader::end_line(key_collector& to) {
  end_field(to);
  if (!skips_line_) to.end_row();
  skips_line_ = line_begun_ = false;
}

bool line_reader::take_line_end(char c, key_collector& to) {
  if (after_return_ && c != '\n') to.give_up();
  after_return_ = c == '\r';
  if (c == '\n') end_line(to);
  return c == '\n' || c == '\r';
}

void line_reader::finish_lines(key_collector& to) {
  if (after_return_) to.give_up();
  if (line_begun_) end_line(to);
}

}  // namespace pgtandem::copy
