#include "proxy/session/transaction/change_buffer.h"

#include <gmock/gmock.h>

#include <map>
#include <random>

namespace pgtandem::proxy {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

change::row_change change_of(int id, std::size_t bytes = 100) {
  return {0, change::op::upsert, std::to_string(id), std::string(bytes, 'x')};
}

class change_buffer_test : public ::testing::Test {
 protected:
  // Adds, and stages what is due.
  void add(int id, bool answer = true) {
    buffer_.add(change_of(id));
    stage(answer);
  }
  void stage(bool answer = true) {
    while (auto chunk = buffer_.take_chunk([this] { return staging_t{++stagings_}; })) {
      staged_[{chunk->staging, chunk->number}] = chunk->changes;
      if (!answer) return;
      EXPECT_TRUE(buffer_.on_staged(chunk->staging, true));
    }
  }
  // The keys of the record, its chunks' first.
  std::vector<int> recorded() {
    change::record r;
    buffer_.move_to(r);
    std::vector<int> keys;
    for (const auto& c : r.chunks) {
      const auto& changes = staged_.at({r.staging, c.number});
      EXPECT_LE(c.changes, changes.size());
      EXPECT_GT(c.changes, 0U);
      for (std::size_t i = 0; i < c.changes; ++i) keys.push_back(std::stoi(changes[i].key));
    }
    for (const auto& c : r.changes) keys.push_back(std::stoi(c.key));
    return keys;
  }

  change_buffer buffer_{500};
  std::uint64_t stagings_ = 0;
  std::map<std::pair<staging_t, std::uint32_t>, std::vector<change::row_change>> staged_;
};

TEST_F(change_buffer_test, a_small_transaction_is_not_staged) {
  add(1);
  EXPECT_EQ(stagings_, 0U);
  EXPECT_THAT(recorded(), ElementsAre(1));
  EXPECT_EQ(buffer_.size(), 0U);
}

TEST_F(change_buffer_test, a_large_one_leaves_in_chunks_and_is_bounded) {
  std::vector<int> all;
  for (int i = 0; i < 100; ++i) {
    add(i);
    all.push_back(i);
  }
  EXPECT_EQ(stagings_, 1U);
  EXPECT_GT(staged_.size(), 20U);
  EXPECT_EQ(recorded(), all);
  EXPECT_FALSE(buffer_.take_abandoned());
}

TEST_F(change_buffer_test, one_chunk_is_under_way_at_a_time) {
  for (int i = 0; i < 3; ++i) add(i, false);
  EXPECT_TRUE(buffer_.under_way());
  EXPECT_FALSE(buffer_.full());
  for (int i = 3; i < 9; ++i) add(i, false);
  EXPECT_TRUE(buffer_.full());
  EXPECT_EQ(staged_.size(), 1U);
  EXPECT_TRUE(buffer_.on_staged(staging_t{1}, true));
  EXPECT_FALSE(buffer_.full());
  stage();
  EXPECT_THAT(recorded(), ElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8));
}

TEST_F(change_buffer_test, a_refused_chunk_loses_all_and_the_next_transaction_begins_anew) {
  for (int i = 0; i < 3; ++i) add(i, false);
  EXPECT_FALSE(buffer_.on_staged(staging_t{1}, false));
  EXPECT_EQ(buffer_.size(), 0U);
  EXPECT_EQ(buffer_.take_abandoned(), staging_t{1});
  add(7);
  EXPECT_THAT(recorded(), ElementsAre(7));
}

TEST_F(change_buffer_test, a_rollback_abandons_what_was_staged_and_a_late_answer_means_nothing) {
  for (int i = 0; i < 3; ++i) add(i, false);
  buffer_.clear();
  EXPECT_EQ(buffer_.take_abandoned(), staging_t{1});
  EXPECT_FALSE(buffer_.take_abandoned());
  add(7);
  EXPECT_TRUE(buffer_.on_staged(staging_t{1}, false));
  EXPECT_THAT(recorded(), ElementsAre(7));
}

TEST_F(change_buffer_test, when_every_chunk_was_rolled_back_none_is_named) {
  for (int i = 0; i < 20; ++i) add(i);
  buffer_.cut(0);
  change::record r;
  buffer_.move_to(r);
  EXPECT_EQ(r.staging, staging_t{});
  EXPECT_THAT(r.chunks, IsEmpty());
  EXPECT_EQ(buffer_.take_abandoned(), staging_t{1});
}

TEST_F(change_buffer_test, removals_of_kept_keys_are_dropped_where_they_are_still_at_hand) {
  for (const int id : {9, 1, 2, 3}) buffer_.add({0, change::op::remove, std::to_string(id), ""});
  for (const int id : {3, 4, 1}) buffer_.add(change_of(id, 0));
  buffer_.drop_removals_of_kept_keys(1, 3);
  EXPECT_THAT(recorded(), ElementsAre(9, 2, 3, 4, 1));
  for (int i = 0; i < 20; ++i) add(i);
  const auto first = buffer_.size() - 18;
  add(18);
  buffer_.drop_removals_of_kept_keys(first, 17);  // they have left
  EXPECT_EQ(buffer_.size(), 21U);
}

TEST_F(change_buffer_test, random_savepoints_leave_what_a_plain_list_would) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937 random{seed};
  for (int round = 0; round < 300; ++round) {
    std::vector<int> expected;
    std::vector<std::size_t> saves;
    for (int i = 0; i < 200; ++i) {
      switch (random() % 12) {
        case 0:
          EXPECT_EQ(buffer_.size(), expected.size());
          saves.push_back(expected.size());
          break;
        case 1:
          if (saves.empty()) break;
          saves.resize(random() % saves.size() + 1);
          expected.resize(saves.back());
          buffer_.cut(saves.back());
          break;
        default:
          expected.push_back(i);
          add(i);
      }
    }
    ASSERT_EQ(recorded(), expected);
  }
}

}  // namespace
}  // namespace pgtandem::proxy
