// Whether the disk still has room for a record: asks the file system at most once a second or once per 64 MiB
// written, and at every question while there is too little. Used by the writer thread alone.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>

namespace pgtandem::outbox {

class free_space {
 public:
  using clock = std::chrono::steady_clock;
  free_space(std::uint64_t min_free, std::function<std::uint64_t()> ask,
             std::function<clock::time_point()> now = clock::now)
      : min_free_(min_free), ask_(std::move(ask)), now_(std::move(now)) {}

  // Whether `bytes` more may be written; counts them if so.
  [[nodiscard]] bool take(std::uint64_t bytes);
  [[nodiscard]] std::uint64_t min_free() const { return min_free_; }
  [[nodiscard]] std::uint64_t last_seen() const { return seen_; }

 private:
  [[nodiscard]] bool enough(std::uint64_t bytes) const;

  std::uint64_t min_free_;
  std::function<std::uint64_t()> ask_;
  std::function<clock::time_point()> now_;
  std::uint64_t seen_ = 0;
  std::uint64_t taken_ = 0;  // since then
  clock::time_point asked_at_{};
  bool known_ = false;
};

}  // namespace pgtandem::outbox
