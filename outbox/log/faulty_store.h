// A store for tests: fails writes, claims a full disk, and holds a write back until it is told to go on.
#pragma once

#include <condition_variable>
#include <limits>
#include <memory>
#include <mutex>

#include "outbox/log/store.h"

namespace pgtandem::outbox {

class faulty_store final : public store {
 public:
  explicit faulty_store(std::unique_ptr<store> inner) : inner_(std::move(inner)) {}

  void fail_writes(bool fail) {
    const std::lock_guard lock{mutex_};
    fail_ = fail;
  }
  void set_free(std::uint64_t bytes) {
    const std::lock_guard lock{mutex_};
    free_ = bytes;
  }
  // The next write stops before it reaches the disk.
  void hold() {
    const std::lock_guard lock{mutex_};
    hold_ = true;
  }
  void wait_until_held() {
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [&] { return held_; });
  }
  void release() {
    const std::lock_guard lock{mutex_};
    hold_ = false;
    changed_.notify_all();
  }
  [[nodiscard]] int writes() const {
    const std::lock_guard lock{mutex_};
    return writes_;
  }

  std::optional<std::string> write(const write_batch& batch) override {
    {
      std::unique_lock lock{mutex_};
      ++writes_;
      held_ = hold_;
      changed_.notify_all();
      changed_.wait(lock, [&] { return !hold_; });
      held_ = false;
      if (fail_) return "no space left on device";
    }
    return inner_->write(batch);
  }
  std::optional<std::string> scan(family f, const std::string& from, const std::string& to,
                                  const visitor& visit) const override {
    return inner_->scan(f, from, to, visit);
  }
  void drop_range(family f, const std::string& from, const std::string& to) override {
    inner_->drop_range(f, from, to);
  }
  [[nodiscard]] std::uint64_t disk_bytes() const override { return inner_->disk_bytes(); }
  [[nodiscard]] std::uint64_t free_bytes() const override {
    const std::lock_guard lock{mutex_};
    return free_;
  }

 private:
  std::unique_ptr<store> inner_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool fail_ = false;
  bool hold_ = false;
  bool held_ = false;
  int writes_ = 0;
  std::uint64_t free_ = std::numeric_limits<std::uint64_t>::max();
};

}  // namespace pgtandem::outbox
