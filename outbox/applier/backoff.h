// How long to wait before the next attempt: doubling from 50 ms to 5 s, jittered. Pure.
#pragma once

#include <algorithm>
#include <chrono>

namespace pgtandem::outbox {

// `attempt` counts from 0; `jitter` is in [0, 1). The result lies between half and the whole of the doubled
// time, so that many clients of one server do not come back at once.
[[nodiscard]] constexpr std::chrono::milliseconds backoff(unsigned attempt, double jitter) {
  constexpr double first = 50;
  constexpr double last = 5000;
  const double whole = std::min(last, first * static_cast<double>(1ULL << std::min(attempt, 20U)));
  return std::chrono::milliseconds(static_cast<std::int64_t>(whole * (0.5 + jitter / 2)));
}

}  // namespace pgtandem::outbox
