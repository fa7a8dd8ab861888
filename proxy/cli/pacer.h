// Pauses between two looks at the daemon, up to a deadline. Tests replace it and wait for nothing.
#pragma once

#include <algorithm>
#include <chrono>
#include <thread>

namespace pgtandem::proxy {

class pacer {
 public:
  virtual ~pacer() = default;
  // Waits a little; false once the deadline has passed.
  virtual bool pause() = 0;
};

// 10 ms at first, 200 ms in the end; the deadline counts from its construction.
class clock_pacer : public pacer {
 public:
  explicit clock_pacer(std::chrono::milliseconds timeout) : deadline_(clock::now() + timeout) {}
  bool pause() override {
    const auto left = deadline_ - clock::now();
    if (left <= clock::duration::zero()) return false;
    std::this_thread::sleep_for(std::min<clock::duration>(left, step_));
    step_ = std::min(step_ * 3 / 2, std::chrono::milliseconds(200));
    return true;
  }

 private:
  using clock = std::chrono::steady_clock;
  clock::time_point deadline_;
  std::chrono::milliseconds step_{10};
};

}  // namespace pgtandem::proxy
