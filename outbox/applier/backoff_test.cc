#include "outbox/applier/backoff.h"

#include <gtest/gtest.h>

namespace pgtandem::outbox {
namespace {

using namespace std::chrono_literals;

TEST(backoff, doubles_up_to_five_seconds_within_its_jitter) {
  EXPECT_EQ(backoff(0, 0), 25ms);
  EXPECT_EQ(backoff(1, 0), 50ms);
  EXPECT_EQ(backoff(3, 0.5), 300ms);
  EXPECT_EQ(backoff(7, 0), 2500ms);
  EXPECT_EQ(backoff(4'000'000'000U, 0), 2500ms);
  EXPECT_LE(backoff(100, 0.999999), 5000ms);
}

}  // namespace
}  // namespace pgtandem::outbox
