// The keys of the rows in a COPY stream, read while it passes. Sans-I/O; one per COPY, not thread-safe.
#pragma once

#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "protocol/copy/binary_reader.h"
#include "protocol/copy/csv_reader.h"
#include "protocol/copy/format.h"
#include "protocol/copy/key_collector.h"
#include "protocol/copy/text_reader.h"

namespace pgtandem::copy {

class copied_keys {
 public:
  // Rows have so many fields; the keys take no more than about `limit` bytes.
  copied_keys(const format& f, std::size_t fields, std::vector<key_place> keys, std::size_t limit);

  // The next bytes of the stream, wherever they are cut.
  void read(std::string_view piece);
  // It is not what it was taken for.
  void give_up() { keys_.give_up(); }
  // The stream has ended; nullopt: its keys are not known.
  [[nodiscard]] std::optional<copied_rows> finish();

 private:
  std::variant<text_reader, csv_reader, binary_reader> reader_;
  key_collector keys_;
};

}  // namespace pgtandem::copy
