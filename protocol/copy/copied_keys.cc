#include "protocol/copy/copied_keys.h"

#include <utility>

namespace pgtandem::copy {
namespace {

std::variant<text_reader, csv_reader, binary_reader> reader_of(const format& f) {
  switch (f.layout) {
    case layout::csv:
      return csv_reader(f);
    case layout::binary:
      return binary_reader();
    case layout::text:
      break;
  }
  return text_reader(f);
}

}  // namespace

copied_keys::copied_keys(const format& f, std::size_t fields, std::vector<key_place> keys, std::size_t limit)
    : reader_(reader_of(f)), keys_(fields, std::move(keys), limit, f.layout == layout::binary) {}

void copied_keys::read(std::string_view piece) {
  if (!keys_.lost()) std::visit([&](auto& reader) { reader.read(piece, keys_); }, reader_);
}

std::optional<copied_rows> copied_keys::finish() {
  if (!keys_.lost()) std::visit([&](auto& reader) { reader.finish(keys_); }, reader_);
  return keys_.take();
}

}  // namespace pgtandem::copy
