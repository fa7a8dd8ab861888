#include "outbox/log/log_index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace pgtandem::outbox {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr partition_t p{1};
constexpr partition_t other{2};

std::vector<std::uint64_t> numbers(const std::vector<seq_t>& seqs) {
  std::vector<std::uint64_t> out;
  for (const seq_t s : seqs) out.push_back(s.value);
  return out;
}

log_index with(std::vector<std::pair<std::uint64_t, decision>> entries) {
  log_index index;
  for (const auto& [seq, state] : entries) index.add(p, seq_t{seq}, state, "a", 10);
  return index;
}

TEST(log_index, the_oldest_undecided_holds_the_prefix) {
  auto index = with({{1, decision::undecided}, {3, decision::undecided}, {4, decision::undecided}});
  EXPECT_EQ(index.decided_through(p), seq_t{0});
  EXPECT_TRUE(index.decide(seq_t{3}, decision::committed));
  EXPECT_EQ(index.decided_through(p), seq_t{0});
  EXPECT_FALSE(index.decided_after(p, seq_t{0}, 1000));
  EXPECT_TRUE(index.decide(seq_t{1}, decision::aborted));
  EXPECT_EQ(index.decided_through(p), seq_t{3});
  EXPECT_EQ(index.undecided(p), 1U);
  EXPECT_THAT(numbers(index.undecided_seqs(p)), ElementsAre(4));
  EXPECT_TRUE(index.decided_up_to(p, seq_t{3}));
  EXPECT_FALSE(index.decided_up_to(p, seq_t{4}));
  EXPECT_EQ(index.last(p), seq_t{4});
}

TEST(log_index, a_heal_is_decided_when_it_is_added) {
  auto index = with({{1, decision::committed}});
  EXPECT_EQ(index.decided_through(p), seq_t{1});
  index.add(p, seq_t{2}, decision::undecided, "a", 1);
  index.add(p, seq_t{3}, decision::committed, "a", 1);
  EXPECT_EQ(index.decided_through(p), seq_t{1});
  index.decide(seq_t{2}, decision::superseded);
  EXPECT_EQ(index.decided_through(p), seq_t{3});
}

TEST(log_index, the_first_decision_stands_but_a_commit_may_be_superseded) {
  for (const auto from : {decision::undecided, decision::committed, decision::aborted, decision::superseded})
    for (const auto to :
         {decision::undecided, decision::committed, decision::aborted, decision::superseded}) {
      auto index = with({{1, from}});
      const bool allowed =
          to != decision::undecided &&
          (from == decision::undecided || (from == decision::committed && to == decision::superseded));
      EXPECT_EQ(index.decide(seq_t{1}, to), allowed);
      EXPECT_EQ(index.find(seq_t{1})->state, allowed ? to : from);
    }
  EXPECT_FALSE(with({}).decide(seq_t{1}, decision::committed));
}

TEST(log_index, stretches_skip_what_did_not_commit_and_cover_it) {
  auto index = with({{1, decision::aborted},
                     {2, decision::committed},
                     {5, decision::superseded},
                     {6, decision::committed},
                     {7, decision::aborted},
                     {8, decision::undecided},
                     {9, decision::committed}});
  const auto all = index.decided_after(p, seq_t{0}, 1000);
  ASSERT_TRUE(all);
  EXPECT_THAT(numbers(all->committed), ElementsAre(2, 6));
  EXPECT_EQ(all->through, seq_t{7});
  const auto one = index.decided_after(p, seq_t{0}, 1);
  EXPECT_THAT(numbers(one->committed), ElementsAre(2));
  EXPECT_EQ(one->through, seq_t{5});
  const auto two = index.decided_after(p, seq_t{0}, 20);
  EXPECT_THAT(numbers(two->committed), ElementsAre(2, 6));
  const auto aborted_only = index.decided_after(p, seq_t{6}, 1000);
  EXPECT_THAT(aborted_only->committed, IsEmpty());
  EXPECT_EQ(aborted_only->through, seq_t{7});
  EXPECT_FALSE(index.decided_after(p, seq_t{7}, 1000));
}

TEST(log_index, partitions_do_not_hold_each_other) {
  log_index index;
  index.add(p, seq_t{1}, decision::undecided, "a", 1);
  index.add(other, seq_t{2}, decision::undecided, "a", 1);
  index.decide(seq_t{2}, decision::committed);
  EXPECT_EQ(index.decided_through(other), seq_t{2});
  EXPECT_EQ(index.decided_through(p), seq_t{0});
  EXPECT_EQ(index.find(seq_t{2})->partition, other);
  EXPECT_FALSE(index.find(seq_t{3}));
}

TEST(log_index, stale_are_the_committed_of_another_incarnation) {
  log_index index;
  index.add(p, seq_t{1}, decision::committed, "old", 1);
  index.add(p, seq_t{2}, decision::aborted, "old", 1);
  index.add(p, seq_t{3}, decision::committed, "new", 1);
  index.add(p, seq_t{4}, decision::committed, "old", 1);
  index.add(p, seq_t{5}, decision::undecided, "old", 1);
  index.add(p, seq_t{6}, decision::committed, "old", 1);
  EXPECT_THAT(numbers(index.stale(p, seq_t{0}, seq_t{9}, "new")), ElementsAre(1, 4));
  EXPECT_THAT(numbers(index.stale(p, seq_t{1}, seq_t{3}, "new")), IsEmpty());
  EXPECT_THAT(numbers(index.stale(p, seq_t{0}, seq_t{9}, "old")), ElementsAre(3));
}

TEST(log_index, trimming_keeps_cursors_and_never_passes_the_undecided) {
  auto index = with({{1, decision::committed}, {2, decision::aborted}, {4, decision::undecided}});
  const auto gone = index.trim(p, seq_t{9});
  EXPECT_EQ(gone.records, 2U);
  EXPECT_EQ(gone.bytes, 20U);
  EXPECT_EQ(index.low(p), seq_t{2});
  EXPECT_EQ(index.decided_through(p), seq_t{2});
  EXPECT_FALSE(index.find(seq_t{2}));
  index.decide(seq_t{4}, decision::committed);
  EXPECT_EQ(index.trim(p, seq_t{4}).records, 1U);
  EXPECT_EQ(index.last(p), seq_t{4});
  EXPECT_EQ(index.trim(p, seq_t{3}).records, 0U);
  EXPECT_EQ(index.low(p), seq_t{4});
}

TEST(log_index, agrees_with_a_plain_model) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937 random{seed};
  log_index index;
  std::map<std::uint64_t, decision> model;
  std::uint64_t next = 1;
  for (int step = 0; step < 5'000; ++step) {
    const auto what = random() % 10;
    if (what < 4) {
      next += random() % 3 + 1;
      index.add(p, seq_t{next}, decision::undecided, "a", 1);
      model[next] = decision::undecided;
    } else if (what < 9 && !model.empty()) {
      const auto seq = std::next(model.begin(), static_cast<long>(random() % model.size()))->first;
      const auto to = static_cast<decision>(1 + random() % 3);
      if (index.decide(seq_t{seq}, to)) model[seq] = to;
    } else if (what == 9) {
      const auto through = index.decided_through(p).value;
      const auto at = through - std::min<std::uint64_t>(through, random() % 5);
      index.trim(p, seq_t{at});
      model.erase(model.begin(), model.upper_bound(at));
    }
    std::uint64_t prefix = index.low(p).value;
    std::vector<std::uint64_t> committed;
    std::size_t undecided = 0;
    for (const auto& [seq, state] : model) {
      undecided += state == decision::undecided;
      if (undecided > 0) continue;
      prefix = seq;
      if (state == decision::committed) committed.push_back(seq);
    }
    ASSERT_EQ(index.decided_through(p).value, prefix);
    ASSERT_EQ(index.undecided(p), undecided);
    const auto stretch = index.decided_after(p, index.low(p), 1'000'000);
    ASSERT_EQ(stretch ? numbers(stretch->committed) : std::vector<std::uint64_t>{}, committed);
  }
}

}  // namespace
}  // namespace pgtandem::outbox
