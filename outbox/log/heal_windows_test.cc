#include "outbox/log/heal_windows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "outbox/log/test_support.h"

namespace pgtandem::outbox {
namespace {

using testing::ElementsAre;

TEST(heal_windows, touched_keys_are_dropped_with_their_records) {
  heal_windows windows;
  const auto window = windows.open(p1, t1, false);
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

TEST(heal_windows, a_mark_for_the_table_discards_whatever_its_scope) {
  for (const auto scope : {change::mark_scope::table, change::mark_scope::keys}) {
    heal_windows windows;
    const auto window = windows.open(p1, t1, false);
    auto r = record_of({"a"}, t2);
    r.marks = {{t2, scope, {}, ""}};
    windows.note(seq_t{1}, r);
    windows.note_mark(p2, t1);
    EXPECT_FALSE(window->discarded);
    r.marks.push_back({t1, scope, {}, ""});
    windows.note(seq_t{2}, r);
    EXPECT_TRUE(window->discarded);
  }
  heal_windows windows;
  const auto window = windows.open(p1, t1, false);
  windows.note_mark(p1, t1);
  EXPECT_TRUE(window->discarded);
}

TEST(heal_windows, keys_without_canonical_text_discard_at_any_touch) {
  heal_windows windows;
  const auto window = windows.open(p1, t1, true);
  windows.note(seq_t{1}, record_of({"x"}, t2));
  EXPECT_FALSE(window->discarded);
  windows.note(seq_t{2}, record_of({"x"}));
  EXPECT_TRUE(window->discarded);
}

TEST(heal_windows, closed_windows_are_forgotten_and_others_go_on) {
  heal_windows windows;
  auto closed = windows.open(p1, t1, false);
  const auto open = windows.open(p1, t1, false);
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
