// Lines that pgtandem noted of a database in a small file beside the outbox, to tell after a restart what is
// new. Not thread-safe.
#pragma once

#include <optional>
#include <set>
#include <string>

namespace pgtandem::proxy {

class noted_file {
 public:
  explicit noted_file(std::string path) : path_(std::move(path)) {}
  // nullopt if there is none yet. Throws std::runtime_error if it cannot be read.
  [[nodiscard]] std::optional<std::set<std::string>> load() const;
  // The same when pgtandem starts: none beside a log that is there already says nothing was known. nullopt:
  // the log is new, and whatever was noted for another one before it is gone.
  [[nodiscard]] std::optional<std::set<std::string>> resume(bool new_log) const;
  void remove() const;
  // Durable when it returns. Throws std::runtime_error.
  void store(const std::set<std::string>& lines) const;

 private:
  std::string path_;
};

}  // namespace pgtandem::proxy
