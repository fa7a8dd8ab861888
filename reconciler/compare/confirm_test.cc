#include "reconciler/compare/confirm.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace pgtandem::reconciler {
namespace {

using ::testing::ElementsAre;

const row_state absent;

row_state row(const char* hash, const char* version) {
  return {true, hash, version};
}

TEST(judge, a_row_that_legacy_has) {
  EXPECT_EQ(judge(absent, row("a", "1"), row("a", "x"), row("a", "1")), row_verdict::equal);
  EXPECT_EQ(judge(absent, row("a", "1"), row("b", "x"), row("a", "1")), row_verdict::differs);
  EXPECT_EQ(judge(absent, row("a", "1"), absent, row("a", "1")), row_verdict::missing_on_target);
}

TEST(judge, a_row_that_moved_on_legacy_says_nothing) {
  EXPECT_EQ(judge(row("b", "x"), row("a", "1"), row("b", "x"), row("a", "2")), row_verdict::moving);
  EXPECT_EQ(judge(row("b", "x"), absent, row("b", "x"), row("a", "2")), row_verdict::moving);
  EXPECT_EQ(judge(row("b", "x"), row("a", "2"), row("b", "x"), absent), row_verdict::moving);
}

TEST(judge, a_row_that_legacy_has_not) {
  EXPECT_EQ(judge(absent, absent, absent, absent), row_verdict::equal);
  EXPECT_EQ(judge(row("a", "x"), absent, absent, absent), row_verdict::equal);
  EXPECT_EQ(judge(row("a", "x"), absent, row("a", "x"), absent), row_verdict::surplus_on_target);
}

TEST(judge, a_row_that_came_and_went_on_legacy_may_still_be_on_the_target) {
  EXPECT_EQ(judge(absent, absent, row("a", "x"), absent), row_verdict::moving);
  EXPECT_EQ(judge(row("a", "w"), absent, row("a", "x"), absent), row_verdict::moving);
}

// A server whose one row is what `version` says; the target follows at the fence.
struct scripted {
  int legacy = 1;
  int target = 1;
  int writes_left = 0;  // legacy moves this often, each time between its two reads
  bool marked = false;
  bool stuck = false;  // the target does not follow
  int rounds = 0;

  confirm_io io() {
    return {
        [this](const std::vector<std::string>& keys) {
          return std::vector<row_state>(keys.size(), {true, std::to_string(legacy), std::to_string(legacy)});
        },
        [this](const std::vector<std::string>& keys) {
          return std::vector<row_state>(keys.size(), {true, std::to_string(target), std::to_string(target)});
        },
        [this] { return marked; },
        [this]() -> std::string {
          ++rounds;
          if (!stuck) target = legacy;
          if (writes_left-- > 0) ++legacy;
          return {};
        },
    };
  }
};

TEST(confirm, a_row_in_flight_is_equal_behind_the_fence) {
  scripted s{.legacy = 2, .target = 1};
  EXPECT_THAT(confirm({"k"}, s.io(), 5), ElementsAre(row_verdict::equal));
  EXPECT_EQ(s.rounds, 1);
}

TEST(confirm, tries_again_while_legacy_moves) {
  scripted s{.writes_left = 3};
  EXPECT_THAT(confirm({"k"}, s.io(), 5), ElementsAre(row_verdict::equal));
  EXPECT_EQ(s.rounds, 4);
}

TEST(confirm, gives_up_on_what_never_rests) {
  scripted s{.writes_left = 1000};
  EXPECT_THAT(confirm({"k", "l"}, s.io(), 5), ElementsAre(row_verdict::moving, row_verdict::moving));
  EXPECT_EQ(s.rounds, 5);
}

TEST(confirm, finds_a_real_difference) {
  scripted s{.legacy = 2, .target = 1, .stuck = true};
  EXPECT_THAT(confirm({"k"}, s.io(), 5), ElementsAre(row_verdict::differs));
}

TEST(confirm, nothing_of_a_marked_table_is_confirmed) {
  scripted s{.legacy = 2, .target = 1, .marked = true, .stuck = true};
  EXPECT_THAT(confirm({"k"}, s.io(), 5), ElementsAre(row_verdict::moving));
}

TEST(confirm, a_fence_that_cannot_be_passed_is_an_error) {
  scripted s;
  auto io = s.io();
  io.fence = [] { return std::string("the daemon does not answer"); };
  EXPECT_THROW((void)confirm({"k"}, io, 5), std::runtime_error);
}

}  // namespace
}  // namespace pgtandem::reconciler
