#include "reconciler/server/backoff.h"

#include <gtest/gtest.h>

namespace pgtandem::reconciler {
namespace {

using std::chrono::milliseconds;

TEST(backoff_delay, doubles_up_to_the_longest) {
  EXPECT_EQ(backoff_delay({}, 0, 0.0), milliseconds(1'000));
  EXPECT_EQ(backoff_delay({}, 1, 0.0), milliseconds(2'000));
  EXPECT_EQ(backoff_delay({}, 4, 0.0), milliseconds(16'000));
  EXPECT_EQ(backoff_delay({}, 5, 0.0), milliseconds(30'000));
  EXPECT_EQ(backoff_delay({}, 4'000'000'000U, 0.0), milliseconds(30'000));
}

TEST(backoff_delay, jitter_takes_off_up_to_half) {
  EXPECT_EQ(backoff_delay({}, 0, 0.5), milliseconds(750));
  EXPECT_GE(backoff_delay({}, 0, 0.999), milliseconds(500));
}

}  // namespace
}  // namespace pgtandem::reconciler
