// Which tables of a database have been mirrored so far, in a small file beside the outbox: a table that comes
// to be mirrored anew has rows that no record carried. Not thread-safe.
#pragma once

#include <set>
#include <string>

#include "protocol/change/record.h"

namespace pgtandem::proxy {

class mirrored_file {
 public:
  explicit mirrored_file(std::string path);
  // Empty if there is none yet. Throws std::runtime_error if it cannot be read.
  [[nodiscard]] std::set<change::table_name> load() const;
  void remove() const;
  // Durable when it returns. Throws std::runtime_error.
  void store(const std::set<change::table_name>& tables) const;

 private:
  std::string path_;
};

// Writes a file so that after a crash either the old or the new content is there. Throws std::runtime_error.
void write_file_durably(const std::string& path, const std::string& content);

}  // namespace pgtandem::proxy
