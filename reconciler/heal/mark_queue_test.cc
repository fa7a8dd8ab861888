#include "reconciler/heal/mark_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pgtandem::reconciler {
namespace {

using outbox::mark_id;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

outbox::open_mark table_mark(std::uint64_t id, const char* table, bool ripe = true) {
  return {.id = mark_id(id), .mark = {{"public", table}, change::mark_scope::table, {}, ""}, .ripe = ripe};
}

outbox::open_mark keys_mark(std::uint64_t id, const char* table, std::vector<std::string> keys) {
  return {.id = mark_id(id),
          .mark = {{"public", table}, change::mark_scope::keys, std::move(keys), ""},
          .ripe = true};
}

TEST(mark_queue, marks_of_one_table_go_together_and_keys_count_once) {
  mark_queue q;
  q.offer({keys_mark(1, "t", {"b", "a"}), keys_mark(2, "t", {"b", "c"}), keys_mark(3, "u", {"z"})});
  const auto work = q.take();
  ASSERT_THAT(work, SizeIs(2));
  EXPECT_EQ(work[0].table.name, "t");
  EXPECT_THAT(work[0].keys, ElementsAre("a", "b", "c"));
  EXPECT_THAT(work[0].marks, ElementsAre(mark_id(1), mark_id(2)));
  EXPECT_THAT(work[1].marks, ElementsAre(mark_id(3)));
}

TEST(mark_queue, unripe_marks_wait) {
  mark_queue q;
  q.offer({table_mark(1, "t", false)});
  EXPECT_THAT(q.take(), IsEmpty());
  EXPECT_THAT(q.known(), IsEmpty());
  q.offer({table_mark(1, "t")});
  EXPECT_THAT(q.take(), SizeIs(1));
}

TEST(mark_queue, a_mark_that_ripens_during_a_pass_waits_for_the_next_one) {
  mark_queue q;
  q.offer({table_mark(1, "t")});
  const auto first = q.take();
  ASSERT_THAT(first, SizeIs(1));
  q.offer({table_mark(1, "t"), table_mark(2, "t")});
  EXPECT_THAT(q.take(), IsEmpty());
  EXPECT_THAT(first[0].marks, ElementsAre(mark_id(1)));
  q.finish(first[0]);
  const auto second = q.take();
  ASSERT_THAT(second, SizeIs(1));
  EXPECT_THAT(second[0].marks, ElementsAre(mark_id(2)));
}

TEST(mark_queue, keys_do_not_wait_behind_a_pass_over_their_table) {
  mark_queue q;
  q.offer({table_mark(1, "t")});
  ASSERT_THAT(q.take(), SizeIs(1));
  q.offer({keys_mark(2, "t", {"a"})});
  EXPECT_THAT(q.take(), SizeIs(1));
}

TEST(mark_queue, a_mark_whose_pass_was_interrupted_is_taken_alone_and_first) {
  mark_queue q;
  outbox::open_mark interrupted = table_mark(2, "t");
  interrupted.heal_note = "half of it";
  q.offer({table_mark(1, "t"), interrupted, table_mark(3, "t"), table_mark(4, "u")});
  const auto first = q.take();
  ASSERT_THAT(first, SizeIs(2));
  EXPECT_THAT(first[0].marks, ElementsAre(mark_id(2)));
  EXPECT_EQ(first[0].note, "half of it");
  EXPECT_EQ(first[1].note, "");
  EXPECT_THAT(q.take(), IsEmpty());
  q.finish(first[0]);
  const auto second = q.take();
  ASSERT_THAT(second, SizeIs(1));
  EXPECT_THAT(second[0].marks, ElementsAre(mark_id(1), mark_id(3)));
  EXPECT_EQ(second[0].note, "");
  EXPECT_THAT(q.take(), IsEmpty());
}

TEST(mark_queue, finished_marks_are_forgotten) {
  mark_queue q;
  q.offer({table_mark(1, "t")});
  const auto work = q.take();
  EXPECT_THAT(q.known(), SizeIs(1));
  q.finish(work.at(0));
  EXPECT_THAT(q.known(), IsEmpty());
}

}  // namespace
}  // namespace pgtandem::reconciler
