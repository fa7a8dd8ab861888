// How many blocks the next window of a pass reads. Pure functions over numbers.
#pragma once

#include <algorithm>
#include <cstdint>

namespace pgtandem::reconciler {

struct window_target {
  std::uint64_t rows = 2000;
  std::uint64_t bytes = 4ULL << 20;  // of images: a window is held in memory and becomes one record
};

inline constexpr std::uint64_t first_window_blocks = 8;
inline constexpr std::uint64_t most_window_blocks = 8192;

// From what the last window of `blocks` yielded. Grows at most fourfold, so that a dense stretch behind an
// empty one costs no more than that beyond the target.
[[nodiscard]] inline std::uint64_t next_window_blocks(std::uint64_t blocks, std::uint64_t rows,
                                                      std::uint64_t bytes, const window_target& target) {
  const double scale =
      std::min(static_cast<double>(target.rows) / static_cast<double>(std::max<std::uint64_t>(rows, 1)),
               static_cast<double>(target.bytes) / static_cast<double>(std::max<std::uint64_t>(bytes, 1)));
  const double next = static_cast<double>(blocks) * std::min(scale, 4.0);
  return std::clamp(static_cast<std::uint64_t>(next), std::uint64_t{1}, most_window_blocks);
}

// A client's record touched the table within the window: a shorter one has better chances between two of
// them.
[[nodiscard]] inline std::uint64_t shorter_window(std::uint64_t size) {
  return std::max<std::uint64_t>(size / 2, 1);
}

}  // namespace pgtandem::reconciler
