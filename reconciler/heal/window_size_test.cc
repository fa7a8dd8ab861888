#include "reconciler/heal/window_size.h"

#include <gtest/gtest.h>

namespace pgtandem::reconciler {
namespace {

constexpr window_target target{.rows = 2000, .bytes = 4'000'000};

TEST(next_window_blocks, aims_at_the_rows_of_a_window) {
  EXPECT_EQ(next_window_blocks(40, 1000, 1000, target), 80U);
  EXPECT_EQ(next_window_blocks(40, 4000, 1000, target), 20U);
}

TEST(next_window_blocks, wide_rows_make_it_shorter) {
  EXPECT_EQ(next_window_blocks(40, 1000, 40'000'000, target), 4U);
  EXPECT_EQ(next_window_blocks(1, 1, 900'000'000, target), 1U);
}

TEST(next_window_blocks, empty_blocks_make_it_grow_in_steps_up_to_a_bound) {
  EXPECT_EQ(next_window_blocks(8, 0, 0, target), 32U);
  EXPECT_EQ(next_window_blocks(most_window_blocks, 0, 0, target), most_window_blocks);
}

TEST(shorter_window, never_vanishes) {
  EXPECT_EQ(shorter_window(9), 4U);
  EXPECT_EQ(shorter_window(1), 1U);
}

}  // namespace
}  // namespace pgtandem::reconciler
