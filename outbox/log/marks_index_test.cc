#include "outbox/log/marks_index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pgtandem::outbox {
namespace {

constexpr partition_t p{1};
const change::table_name t{"s", "t"};

open_mark mark_of(std::uint64_t id, bool ripe, std::optional<seq_t> writer = {}) {
  open_mark m;
  m.id = mark_id{id};
  m.partition = p;
  m.mark.table = t;
  m.mark.scope = change::mark_scope::keys;
  m.writer = writer;
  m.ripe = ripe;
  return m;
}

std::vector<std::uint64_t> ids(const std::vector<open_mark>& marks) {
  std::vector<std::uint64_t> out;
  for (const auto& m : marks) out.push_back(m.id.value);
  return out;
}

TEST(marks_index, marks_ripen_with_their_writer_or_by_name) {
  marks_index index;
  index.add(mark_of(1, false, seq_t{7}));
  index.add(mark_of(2, false, seq_t{7}));
  index.add(mark_of(3, false, seq_t{8}));
  index.add(mark_of(4, false));
  index.add(mark_of(5, true));
  EXPECT_THAT(ids(index.ripe(p)), testing::ElementsAre(5));
  index.writer_ended(seq_t{7});
  EXPECT_THAT(ids(index.ripe(p)), testing::ElementsAre(1, 2, 5));
  index.ripen(mark_id{4});
  index.ripen(mark_id{4});
  index.ripen(mark_id{99});
  index.writer_ended(seq_t{99});
  EXPECT_THAT(ids(index.ripe(p)), testing::ElementsAre(1, 2, 4, 5));
  index.writer_ended(seq_t{8});
  EXPECT_THAT(ids(index.all(p)), testing::ElementsAre(1, 2, 3, 4, 5));
  for (const auto& m : index.all(p)) EXPECT_TRUE(m.ripe);
}

TEST(marks_index, clearing_forgets_ripe_and_unripe_ones) {
  marks_index index;
  index.add(mark_of(1, false, seq_t{7}));
  index.add(mark_of(2, true));
  index.clear(std::vector{mark_id{1}, mark_id{2}, mark_id{3}, mark_id{1}});
  EXPECT_TRUE(index.all(p).empty());
  EXPECT_TRUE(index.ripe(p).empty());
  index.writer_ended(seq_t{7});
  EXPECT_TRUE(index.ripe(p).empty());
}

open_mark of_the_table(std::uint64_t id, bool ripe, const change::table_name& table = t) {
  open_mark m = mark_of(id, ripe);
  m.mark.table = table;
  m.mark.scope = change::mark_scope::table;
  return m;
}

std::vector<std::uint64_t> values(const std::vector<mark_id>& marks) {
  std::vector<std::uint64_t> out;
  for (const auto& id : marks) out.push_back(id.value);
  return out;
}

TEST(marks_index, the_oldest_ripe_mark_of_a_table_takes_in_the_others) {
  marks_index index;
  for (const std::uint64_t id : {2, 3, 4, 5}) index.add(of_the_table(id, false));
  index.add(of_the_table(9, true, {"s", "other"}));
  index.ripen(mark_id{3});
  index.ripen(mark_id{4});
  EXPECT_THAT(ids(index.ripe(p)), testing::ElementsAre(3, 9));
  index.ripen(mark_id{2});
  index.ripen(mark_id{4});
  EXPECT_THAT(ids(index.all(p)), testing::ElementsAre(2, 5, 9));
  EXPECT_EQ(index.all(p).front().merged, 2U);
  EXPECT_THAT(values(index.take_merged()), testing::ElementsAre(4, 3));
  EXPECT_TRUE(index.take_merged().empty());
  EXPECT_EQ(index.standing_for(mark_id{4}, p, t), mark_id{2});
  EXPECT_EQ(index.standing_for(mark_id{5}, p, t), mark_id{5});
}

// What the heal has read already may lack what the mark is about.
TEST(marks_index, a_mark_whose_heal_has_begun_takes_in_no_more) {
  marks_index index;
  index.add(of_the_table(1, true));
  index.begin_heal(std::vector{mark_id{1}, mark_id{77}});
  index.add(of_the_table(2, true));
  index.add(of_the_table(3, true));
  EXPECT_THAT(ids(index.ripe(p)), testing::ElementsAre(1, 2));
  index.clear(std::vector{mark_id{1}});
  index.add(of_the_table(4, true));
  EXPECT_THAT(ids(index.ripe(p)), testing::ElementsAre(2));
  index.clear(std::vector{mark_id{2}});
  index.add(of_the_table(5, true));
  EXPECT_THAT(ids(index.ripe(p)), testing::ElementsAre(5));
}

// Its heal began in an earlier life of the log.
TEST(marks_index, a_mark_with_a_note_takes_in_no_more_and_is_not_taken_in) {
  marks_index index;
  open_mark noted = of_the_table(2, true);
  noted.heal_note = "half of it";
  index.add(of_the_table(1, true));
  index.add(noted);
  index.add(of_the_table(3, true));
  EXPECT_THAT(ids(index.ripe(p)), testing::ElementsAre(1, 2));
  EXPECT_THAT(values(index.take_merged()), testing::ElementsAre(3));
  index.clear(std::vector{mark_id{2}});
  EXPECT_EQ(index.find(mark_id{2}), nullptr);
  EXPECT_THAT(ids(index.ripe(p)), testing::ElementsAre(1));
}

TEST(marks_index, tells_ripe_ones_that_are_not_known_yet) {
  marks_index index;
  EXPECT_FALSE(index.has_ripe_beyond(p, {}));
  index.add(mark_of(1, true));
  index.add(mark_of(2, false));
  EXPECT_TRUE(index.has_ripe_beyond(p, {}));
  EXPECT_FALSE(index.has_ripe_beyond(p, {mark_id{1}, mark_id{9}}));
  index.ripen(mark_id{2});
  EXPECT_TRUE(index.has_ripe_beyond(p, {mark_id{1}, mark_id{9}}));
  EXPECT_FALSE(index.has_ripe_beyond(partition_t{2}, {}));
}

}  // namespace
}  // namespace pgtandem::outbox
