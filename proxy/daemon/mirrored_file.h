// Which tables of a database have been mirrored so far, in a small file beside the outbox: a table that comes
// to be mirrored anew has rows that no record carried, and one of another shape than it had has records that
// must not be read by the new one. Not thread-safe.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "protocol/change/record.h"
#include "protocol/types.h"

namespace pgtandem::proxy {

struct known_table {
  std::vector<std::string> shape;  // protocol/catalog/shape.h; empty: not known
  seq_t valid_after;               // what records up to here say of it is not applied: a mark stands for it
  bool fits = false;               // the target, when it was seen last but for the time it is left out
  bool left_out = false;           // does not fit (any more): what is written to it now is not captured
  friend bool operator==(const known_table&, const known_table&) = default;
};
using known_tables = std::map<change::table_name, known_table>;

class mirrored_file {
 public:
  explicit mirrored_file(std::string path);
  // Empty if there is none yet. Throws std::runtime_error if it cannot be read.
  [[nodiscard]] known_tables load() const;
  void remove() const;
  // Durable when it returns. Throws std::runtime_error.
  void store(const known_tables& tables) const;

 private:
  std::string path_;
};

}  // namespace pgtandem::proxy
