// Marks and heal windows of a log on disk.
#include <gmock/gmock.h>

#include <thread>

#include "outbox/log/faulty_store.h"
#include "outbox/log/rocks_store.h"
#include "outbox/log/test_support.h"

namespace pgtandem::outbox {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::size_t plenty = 1U << 30;

std::vector<std::uint64_t> ids(const std::vector<open_mark>& marks) {
  std::vector<std::uint64_t> out;
  for (const auto& m : marks) out.push_back(m.id.value);
  return out;
}

class log_heal_test : public testing::Test {
 protected:
  void open(std::uint64_t min_free = 0) {
    log_.reset();
    auto files = std::make_unique<faulty_store>(open_rocks_store(dir_.outbox()));
    store_ = files.get();
    log_ = log::open({dir_.outbox(), min_free}, std::move(files));
  }
  void SetUp() override { open(); }

  change::record marking(std::vector<std::string> keys, const change::table_name& marked) {
    auto r = record_of(std::move(keys));
    r.marks = {table_mark(marked)};
    return r;
  }

  temp_dir dir_;
  faulty_store* store_ = nullptr;
  std::unique_ptr<log> log_;
};

TEST_F(log_heal_test, a_records_mark_is_ripe_when_it_is_decided_in_any_way) {
  for (const auto d : {decision::committed, decision::aborted, decision::superseded}) {
    const seq_t seq = prepare(*log_, marking({}, t2));
    auto marks = log_->marks(p1);
    ASSERT_EQ(marks.size(), 1U);
    EXPECT_EQ(marks[0].writer, seq);
    EXPECT_FALSE(marks[0].ripe);
    EXPECT_EQ(marks[0].mark, table_mark(t2));
    EXPECT_GT(marks[0].created_unix_ms, 0);
    EXPECT_THAT(log_->wait_ripe_marks(p1, {}, stopped()), IsEmpty());
    if (d == decision::superseded)
      log_->supersede(seq);
    else
      log_->decide(seq, d);
    marks = log_->wait_ripe_marks(p1, {}, {});
    ASSERT_EQ(marks.size(), 1U);
    EXPECT_TRUE(marks[0].ripe);
    EXPECT_THAT(log_->wait_ripe_marks(p1, {marks[0].id}, stopped()), IsEmpty());
    log_->clear_marks({marks[0].id});
    EXPECT_THAT(log_->marks(p1), IsEmpty());
  }
}

TEST_F(log_heal_test, superseding_marks_the_keys_by_table_beside_the_records_own_marks) {
  auto r = marking({"b", "a"}, t2);
  r.tables.push_back(t2);
  r.changes.push_back({1, change::op::remove, "x", ""});
  const seq_t seq = prepare(*log_, r);
  log_->supersede(seq);
  const auto marks = log_->wait_ripe_marks(p1, {}, {});
  ASSERT_EQ(marks.size(), 3U);
  EXPECT_EQ(marks[0].mark, table_mark(t2));
  EXPECT_EQ(marks[1].mark, (change::mark{t1, change::mark_scope::keys, {"a", "b"}, "in doubt"}));
  EXPECT_EQ(marks[2].mark, (change::mark{t2, change::mark_scope::keys, {"x"}, "in doubt"}));
  log_->supersede(seq);  // once is enough
  EXPECT_EQ(log_->marks(p1).size(), 3U);
  log_->supersede(seq_t{99});
  open();
  EXPECT_EQ(log_->decision_of(seq), decision::superseded);
  EXPECT_EQ(log_->wait_ripe_marks(p1, {}, {}).size(), 3U);
}

TEST_F(log_heal_test, session_marks_ripen_by_name_again_after_a_restart) {
  const auto ripe = add_marks(*log_, p1, {table_mark(t1)}, true);
  const auto unripe = add_marks(*log_, p1, {table_mark(t1), table_mark(t2)}, false);
  EXPECT_THAT(ids(log_->wait_ripe_marks(p1, {}, {})), ElementsAre(ripe[0].value));
  log_->begin_heal(ripe);
  log_->ripen({unripe[0]});
  EXPECT_THAT(ids(log_->wait_ripe_marks(p1, {ripe[0]}, {})), ElementsAre(ripe[0].value, unripe[0].value));
  EXPECT_THAT(log_->marks(p2), IsEmpty());
  open();
  // Their backend may still be at work on legacy.
  EXPECT_THAT(ids(log_->wait_ripe_marks(p1, {}, {})), ElementsAre(ripe[0].value));
  log_->ripen(unripe);
  EXPECT_THAT(ids(log_->wait_ripe_marks(p1, {ripe[0]}, {})),
              ElementsAre(ripe[0].value, unripe[1].value));  // no heal has begun any more
}

TEST_F(log_heal_test, many_marks_of_a_table_take_the_room_of_one) {
  const auto first = add_marks(*log_, p1, {table_mark(t1)}, true);
  for (int i = 0; i < 100; ++i) {
    const auto later = add_marks(*log_, p1, {table_mark(t1), table_mark(t2)}, true);
    EXPECT_EQ(later[0], first[0]) << "whoever waits for it has to wait for the one that stands for it";
  }
  EXPECT_EQ(log_->marks(p1).size(), 2U);
  EXPECT_EQ(log_->marks(p1)[0].merged, 100U);
  // What stood for others is on disk alone, once anything was written behind it.
  commit(*log_, record_of({"a"}));
  open();
  ASSERT_EQ(log_->marks(p1).size(), 2U);
  EXPECT_EQ(log_->marks(p1)[0].id, first[0]);
  EXPECT_EQ(log_->marks(p1)[0].merged, 0U);
}

TEST_F(log_heal_test, a_hundred_thousand_marks_behind_a_heal_that_does_not_end_take_the_room_of_two) {
  log_->begin_heal(add_marks(*log_, p1, {table_mark(t1)}, true));
  for (int round = 0; round < 100; ++round)
    add_marks(*log_, p1, std::vector<change::mark>(1000, table_mark(t1)), true);
  ASSERT_EQ(log_->marks(p1).size(), 2U);
  EXPECT_EQ(log_->marks(p1)[1].merged, 99'999U);
  commit(*log_, record_of({"a"}));
  std::size_t on_disk = 0;
  EXPECT_FALSE(store_->scan(family::marks, {}, {}, [&](auto, auto) { return ++on_disk > 0; }));
  EXPECT_EQ(on_disk, 2U);
}

TEST_F(log_heal_test, after_reopening_only_the_marks_of_undecided_records_are_unripe) {
  const seq_t decided = prepare(*log_, marking({}, t1));
  decide(*log_, p1, decided, decision::committed);
  const seq_t trimmed = prepare(*log_, marking({}, t2));
  decide(*log_, p1, trimmed, decision::committed);
  log_->trim(p1, decided);
  const seq_t open_one = prepare(*log_, marking({}, {"public", "third"}));
  open();
  EXPECT_THAT(ids(log_->wait_ripe_marks(p1, {}, {})), ElementsAre(1, 2));
  EXPECT_EQ(log_->marks(p1).size(), 3U);
  decide(*log_, p1, open_one, decision::aborted);
  EXPECT_EQ(log_->wait_ripe_marks(p1, {mark_id{1}, mark_id{2}}, {}).size(), 3U);
}

TEST_F(log_heal_test, cleared_marks_stay_cleared) {
  const auto marks = add_marks(*log_, p1, {table_mark(t1), table_mark(t2)}, true);
  log_->clear_marks({marks[0]});
  open();
  EXPECT_THAT(ids(log_->marks(p1)), ElementsAre(marks[1].value));
}

TEST_F(log_heal_test, a_note_of_a_heal_stays_with_its_mark) {
  const auto running = add_marks(*log_, p1, {table_mark(t1)}, false);
  const auto marks = add_marks(*log_, p1, {table_mark(t1), table_mark(t2)}, false);
  log_->ripen(marks);
  log_->begin_heal(marks);
  log_->note_heal(marks[0], "a third");
  log_->note_heal(marks[0], "half of it");
  log_->note_heal(mark_id{99}, "of nothing");
  settle(*log_, p1);
  EXPECT_EQ(log_->marks(p1).at(1).heal_note, "half of it");
  open();
  // Whether the writers of the others have ended has to be asked again, and none of them merges with it.
  EXPECT_THAT(ids(log_->wait_ripe_marks(p1, {}, {})), ElementsAre(marks[0].value));
  EXPECT_EQ(log_->marks(p1).at(1).heal_note, "half of it");
  log_->ripen(running);
  const auto later = add_marks(*log_, p1, {table_mark(t1)}, true);
  EXPECT_EQ(later, running);
  EXPECT_THAT(ids(log_->marks(p1)), ElementsAre(running[0].value, marks[0].value, marks[1].value));
  log_->clear_marks({marks[0]});
  open();
  EXPECT_THAT(ids(log_->marks(p1)), ElementsAre(running[0].value, marks[1].value));
}

TEST_F(log_heal_test, a_note_that_was_taken_back_is_gone) {
  const auto marks = add_marks(*log_, p1, {table_mark(t1)}, true);
  log_->note_heal(marks[0], "half of it");
  log_->note_heal(marks[0], "");
  settle(*log_, p1);
  open();
  EXPECT_EQ(log_->marks(p1).at(0).heal_note, "");
  add_marks(*log_, p1, {table_mark(t1)}, true);
  EXPECT_EQ(log_->marks(p1).size(), 1U);
}

TEST_F(log_heal_test, a_heal_that_nothing_touched_is_written_whole_and_committed) {
  commit(*log_, record_of({"a"}));
  auto window = log_->open_window(p1, t1);
  EXPECT_EQ(window.opened_at(), seq_t{1});
  ASSERT_TRUE(log_->wait_decided(p1, window.opened_at(), {}));
  const auto result = log_->append_heal(std::move(window), record_of({"a", "b"}));
  EXPECT_EQ(result.seq, seq_t{2});
  EXPECT_EQ(result.error, "");
  EXPECT_THAT(result.dropped, IsEmpty());
  EXPECT_EQ(log_->decision_of(seq_t{2}), decision::committed);
  open();
  const auto b = log_->read(p1, seq_t{1}, plenty, {});
  ASSERT_THAT(seqs_of(b->records), ElementsAre(2));
  EXPECT_EQ(b->records[0].record.kind, change::record_kind::heal);
  EXPECT_THAT(keys_of(b->records[0].record), ElementsAre("a", "b"));
}

TEST_F(log_heal_test, keys_that_a_record_touched_are_dropped_decided_or_not) {
  auto window = log_->open_window(p1, t1);
  const seq_t undecided = prepare(*log_, record_of({"a"}));
  const seq_t aborted = prepare(*log_, record_of({"a", "b"}));
  decide(*log_, p1, aborted, decision::aborted);
  commit(*log_, record_of({"c"}, t2));
  commit(*log_, record_of({"c"}, t1, p2));
  const auto result = log_->append_heal(std::move(window), record_of({"a", "b", "c"}));
  ASSERT_TRUE(result.seq);
  ASSERT_EQ(result.dropped.size(), 2U);
  EXPECT_EQ(result.dropped[0].key, "a");
  EXPECT_THAT(result.dropped[0].taken_over_by, ElementsAre(undecided, aborted));
  EXPECT_EQ(result.dropped[1].key, "b");
  EXPECT_THAT(result.dropped[1].taken_over_by, ElementsAre(aborted));
  decide(*log_, p1, undecided, decision::committed);
  const auto b = log_->read(p1, seq_t{result.seq->value - 1}, plenty, {});
  EXPECT_THAT(keys_of(b->records.at(0).record), ElementsAre("c"));
}

TEST_F(log_heal_test, a_heal_with_nothing_left_writes_nothing) {
  auto window = log_->open_window(p1, t1);
  commit(*log_, record_of({"a"}));
  auto result = log_->append_heal(std::move(window), record_of({"a"}));
  EXPECT_FALSE(result.seq);
  EXPECT_FALSE(result.discarded);
  EXPECT_EQ(result.error, "");
  EXPECT_EQ(result.dropped.size(), 1U);
  result = log_->append_heal(log_->open_window(p1, t1), record_of({}));
  EXPECT_FALSE(result.seq);
  EXPECT_THAT(result.dropped, IsEmpty());
  EXPECT_EQ(prepare(*log_, record_of({"b"})), seq_t{2});
}

// A table that is marked all the time, by writers of which some always run, would never be healed otherwise.
TEST_F(log_heal_test, marks_made_and_open_during_a_heal_leave_it_valid_and_stay_open) {
  const auto running = add_marks(*log_, p1, {table_mark(t1)}, false);
  const auto owed = add_marks(*log_, p1, {table_mark(t1)}, true);
  log_->begin_heal(owed);
  auto window = log_->open_window(p1, t1);
  const seq_t writer = prepare(*log_, marking({"b"}, t1));
  decide(*log_, p1, writer, decision::committed);
  log_->ripen(running);
  const auto later = add_marks(*log_, p1, {table_mark(t1)}, true);
  const auto result = log_->append_heal(std::move(window), record_of({"a", "b"}));
  EXPECT_FALSE(result.discarded);
  EXPECT_TRUE(result.seq);
  ASSERT_EQ(result.dropped.size(), 1U);  // the record's own image is newer, and its mark comes after it
  log_->clear_marks(owed);
  const auto still = log_->wait_ripe_marks(p1, {}, {});
  ASSERT_EQ(still.size(), 1U);
  EXPECT_EQ(still[0].id, running[0]);
  EXPECT_EQ(still[0].merged, 2U);  // the record's, and the last
  EXPECT_EQ(later[0], running[0]);
}

TEST_F(log_heal_test, a_window_that_opens_while_a_batch_is_written_counts_its_records_as_before) {
  store_->hold();
  std::promise<prepare_result> answered;
  log_->prepare(record_of({"a"}), [&](prepare_result r) { answered.set_value(std::move(r)); });
  store_->wait_until_held();
  auto window = log_->open_window(p1, t1);
  EXPECT_EQ(window.opened_at(), seq_t{1});
  EXPECT_FALSE(log_->wait_decided(p1, window.opened_at(), stopped()));
  store_->release();
  EXPECT_EQ(answered.get_future().get().seq, seq_t{1});
  EXPECT_FALSE(log_->wait_decided(p1, window.opened_at(), stopped()));
  decide(*log_, p1, seq_t{1}, decision::committed);
  const auto result = log_->append_heal(std::move(window), record_of({"a"}));
  EXPECT_THAT(result.dropped, IsEmpty());
  EXPECT_EQ(result.seq, seq_t{2});
}

TEST_F(log_heal_test, a_refused_record_discards_windows_because_its_commit_may_go_on) {
  open(1000);
  auto window = log_->open_window(p1, t1);
  auto invalid = record_of({"a"});
  invalid.changes[0].table = 7;
  EXPECT_FALSE(try_prepare(*log_, invalid).seq);
  EXPECT_TRUE(log_->append_heal(std::move(window), record_of({"b"})).discarded);
}

TEST_F(log_heal_test, a_heal_read_before_the_wait_is_refused) {
  const seq_t seq = prepare(*log_, record_of({"a"}));
  EXPECT_THAT(log_->append_heal(log_->open_window(p1, t1), record_of({"b"})).error, HasSubstr("decided"));
  decide(*log_, p1, seq, decision::committed);
  EXPECT_TRUE(log_->append_heal(log_->open_window(p1, t1), record_of({"b"})).seq);
}

TEST_F(log_heal_test, a_heal_of_another_table_or_a_used_window_is_refused) {
  EXPECT_NE(log_->append_heal(log_->open_window(p1, t1), record_of({"a"}, t2)).error, "");
  EXPECT_NE(log_->append_heal(log_->open_window(p1, t1), record_of({"a"}, t1, p2)).error, "");
  EXPECT_NE(log_->append_heal(heal_window{}, record_of({"a"})).error, "");
}

TEST_F(log_heal_test, keys_of_which_nothing_is_known_need_an_untouched_table) {
  const auto unknown = [](std::string_view) { return std::optional<std::string>{}; };
  auto touched = log_->open_window(p1, t1, unknown);
  commit(*log_, record_of({"A"}));
  EXPECT_TRUE(log_->append_heal(std::move(touched), record_of({"a"})).discarded);
  EXPECT_TRUE(log_->append_heal(log_->open_window(p1, t1, unknown), record_of({"a"})).seq);
}

}  // namespace
}  // namespace pgtandem::outbox
