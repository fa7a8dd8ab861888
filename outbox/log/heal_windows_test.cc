#include "outbox/log/heal_windows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "outbox/log/test_support.h"

namespace pgtandem::outbox {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// Keys are equal but for what follows their first letter; of the empty one nothing is known.
std::optional<std::string> first_letter(std::string_view key) {
  return key.empty() ? std::nullopt : std::optional(std::string(key.substr(0, 1)));
}

TEST(heal_windows, touched_keys_are_dropped_with_their_records) {
  heal_windows windows;
  const auto window = windows.open(p1, t1);
  windows.note(seq_t{5}, record_of({"a", "b", "a"}));
  windows.note(seq_t{7}, record_of({"b"}));
  windows.note(seq_t{8}, record_of({"c"}, t2));
  windows.note(seq_t{9}, record_of({"c"}, t1, p2));
  auto heal = record_of({"a", "b", "c", "b"});
  const auto dropped = heal_windows::drop_touched(*window, heal);
  EXPECT_THAT(keys_of(heal), ElementsAre("c"));
  ASSERT_EQ(dropped.size(), 2U);
  EXPECT_EQ(dropped[0].key, "a");
  EXPECT_THAT(dropped[0].taken_over_by, ElementsAre(seq_t{5}));
  EXPECT_EQ(dropped[1].key, "b");
  EXPECT_THAT(dropped[1].taken_over_by, ElementsAre(seq_t{5}, seq_t{7}));
  EXPECT_FALSE(window->discarded);
}

// Their heals are still to come: were they to discard, a table that is marked all the time would never be
// healed.
TEST(heal_windows, marks_for_the_table_leave_the_window_alone) {
  heal_windows windows;
  const auto window = windows.open(p1, t1, first_letter);
  auto r = record_of({"a"}, t2);
  r.marks = {table_mark(t1), {t1, change::mark_scope::keys, {"a"}, ""}};
  windows.note(seq_t{1}, r);
  EXPECT_FALSE(window->discarded);
  EXPECT_TRUE(window->touched.empty());
}

TEST(heal_windows, keys_that_may_equal_a_touched_one_are_dropped_and_nothing_took_them_over) {
  heal_windows windows;
  const auto window = windows.open(p1, t1, first_letter);
  windows.note(seq_t{5}, record_of({"ab", "bb"}));
  auto heal = record_of({"aa", "ab", "ca"});
  const auto dropped = heal_windows::drop_touched(*window, heal);
  EXPECT_THAT(keys_of(heal), ElementsAre("ca"));
  ASSERT_EQ(dropped.size(), 2U);
  EXPECT_EQ(dropped[0].key, "aa");
  EXPECT_THAT(dropped[0].taken_over_by, IsEmpty());
  EXPECT_EQ(dropped[1].key, "ab");
  EXPECT_THAT(dropped[1].taken_over_by, ElementsAre(seq_t{5}));
  EXPECT_FALSE(window->discarded);
}

TEST(heal_windows, keys_that_may_equal_any_discard_at_any_touch) {
  heal_windows windows;
  const auto window = windows.open(p1, t1, first_letter);
  windows.note(seq_t{1}, record_of({""}, t2));
  windows.note(seq_t{2}, record_of({"a"}));
  EXPECT_FALSE(window->discarded);
  windows.note(seq_t{3}, record_of({""}));
  EXPECT_TRUE(window->discarded);
}

TEST(heal_windows, a_truncate_touches_every_key) {
  heal_windows windows;
  const auto window = windows.open(p1, t1);
  const auto other = windows.open(p1, t2);
  change::record r = record_of({});
  r.changes.push_back({0, change::op::truncate, "", ""});
  windows.note(seq_t{1}, r);
  EXPECT_TRUE(window->discarded);
  EXPECT_FALSE(other->discarded);
}

TEST(heal_windows, closed_windows_are_forgotten_and_others_go_on) {
  heal_windows windows;
  auto closed = windows.open(p1, t1);
  const auto open = windows.open(p1, t1);
  closed.reset();
  windows.note(seq_t{1}, record_of({"a"}));
  EXPECT_EQ(open->touched.size(), 1U);
  windows.discard(p2);
  EXPECT_FALSE(open->discarded);
  windows.discard(p1);
  EXPECT_TRUE(open->discarded);
}

}  // namespace
}  // namespace pgtandem::outbox
