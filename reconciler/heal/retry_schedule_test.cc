#include "reconciler/heal/retry_schedule.h"

#include <gtest/gtest.h>

namespace pgtandem::reconciler {
namespace {

using outbox::parked_pause;
const retry_schedule::clock::time_point start{std::chrono::hours(1)};

outbox::parked_key parked(std::uint64_t id, std::uint32_t attempts, const std::string& in_the_way = "") {
  outbox::parked_key p;
  p.id = id;
  p.attempts = attempts;
  p.in_the_way = in_the_way;
  return p;
}

TEST(retry_schedule, a_key_is_due_after_its_pause_and_not_again_at_once) {
  retry_schedule s;
  const auto pause = parked_pause(1);
  EXPECT_TRUE(s.due({parked(1, 1)}, start).empty());
  EXPECT_TRUE(s.due({parked(1, 1)}, start + pause / 2).empty());
  EXPECT_EQ(s.due({parked(1, 1)}, start + pause).size(), 1U);
  EXPECT_TRUE(s.due({parked(1, 1)}, start + pause).empty());
  // The attempt has failed: from then on the pause is twice as long.
  EXPECT_TRUE(s.due({parked(1, 2)}, start + 2 * pause).empty());
  EXPECT_TRUE(s.due({parked(1, 2)}, start + 3 * pause).empty());
  EXPECT_EQ(s.due({parked(1, 2)}, start + 4 * pause).size(), 1U);
}

TEST(retry_schedule, a_heal_that_never_reaches_the_target_is_asked_for_again) {
  retry_schedule s;
  (void)s.due({parked(1, 1)}, start);
  EXPECT_EQ(s.due({parked(1, 1)}, start + parked_pause(1)).size(), 1U);
  EXPECT_EQ(s.due({parked(1, 1)}, start + parked_pause(1) + parked_pause(2)).size(), 1U);
}

TEST(retry_schedule, a_row_in_the_way_may_settle_at_once_but_is_not_hurried_for_ever) {
  retry_schedule s;
  EXPECT_EQ(s.due({parked(1, 1, "other")}, start).size(), 1U);
  EXPECT_TRUE(s.due({parked(1, 2, "other")}, start).empty());
}

TEST(retry_schedule, haste_makes_all_of_them_due_once) {
  retry_schedule s;
  EXPECT_TRUE(s.due({parked(1, 5), parked(2, 1)}, start).empty());
  s.hasten();
  EXPECT_EQ(s.due({parked(1, 5), parked(2, 1)}, start).size(), 2U);
  EXPECT_TRUE(s.due({parked(1, 5), parked(2, 1)}, start).empty());
}

TEST(retry_schedule, who_was_freed_is_forgotten) {
  retry_schedule s;
  EXPECT_EQ(s.due({parked(1, 1, "other")}, start).size(), 1U);
  EXPECT_TRUE(s.due({}, start).empty());
  EXPECT_EQ(s.due({parked(1, 1, "other")}, start).size(), 1U);
}

}  // namespace
}  // namespace pgtandem::reconciler
