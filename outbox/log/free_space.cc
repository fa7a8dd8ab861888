#include "outbox/log/free_space.h"

namespace pgtandem::outbox {

namespace {
constexpr auto max_age = std::chrono::seconds{1};
constexpr std::uint64_t max_taken = 64ULL << 20;
}  // namespace

bool free_space::enough(std::uint64_t bytes) const {
  const std::uint64_t used = taken_ + bytes;
  return seen_ >= used && seen_ - used >= min_free_;
}

bool free_space::take(std::uint64_t bytes) {
  const auto now = now_();
  if (!known_ || taken_ > max_taken || now - asked_at_ >= max_age || !enough(bytes)) {
    seen_ = ask_();
    taken_ = 0;
    asked_at_ = now;
    known_ = true;
  }
  if (!enough(bytes)) return false;
  taken_ += bytes;
  return true;
}

}  // namespace pgtandem::outbox
