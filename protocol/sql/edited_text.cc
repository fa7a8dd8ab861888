#include "protocol/sql/edited_text.h"

#include <algorithm>
#include <iterator>

namespace pgtandem::sql {

void edited_text::replace(std::size_t begin, std::size_t length, std::string_view with) {
  text_.append(original_.substr(kept_, begin - kept_)).append(with);
  kept_ = begin + length;
  removed_ += length - with.size();
  edits_.push_back({text_.size(), removed_});
}

void edited_text::finish() {
  text_.append(original_.substr(kept_));
}

std::size_t edited_text::original(std::size_t at) const {
  const auto behind = std::upper_bound(edits_.begin(), edits_.end(), at,
                                       [](std::size_t a, const edit& e) { return a < e.end; });
  return behind == edits_.begin() ? at : at + std::prev(behind)->removed;
}

void edited_text::restore(statement& s) const {
  const std::size_t end = original(s.offset + s.length);
  s.offset = original(s.offset);
  s.length = end - s.offset;
}

}  // namespace pgtandem::sql
