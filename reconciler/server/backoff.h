// How long to wait before trouble is tried again. Pure functions over numbers; the jitter is the caller's
// draw.
#pragma once

#include <algorithm>
#include <chrono>

namespace pgtandem::reconciler {

struct backoff_policy {
  std::chrono::milliseconds first{1'000};
  std::chrono::milliseconds longest{30'000};
};

// Doubles with each failed attempt (0: the first failure) up to `longest`; `jitter` in [0, 1) takes off up to
// half, so that many waiters do not come back at once.
[[nodiscard]] inline std::chrono::milliseconds backoff_delay(const backoff_policy& policy, unsigned attempt,
                                                             double jitter) {
  const double doubled =
      static_cast<double>(policy.first.count()) * static_cast<double>(1ULL << std::min(attempt, 30U));
  const double whole = std::min(doubled, static_cast<double>(policy.longest.count()));
  return std::chrono::milliseconds(static_cast<std::chrono::milliseconds::rep>(whole * (1.0 - jitter / 2.0)));
}

}  // namespace pgtandem::reconciler
