#include "outbox/log/log.h"

#include <gmock/gmock.h>

#include <random>
#include <thread>

#include "outbox/log/key_codec.h"
#include "outbox/log/rocks_store.h"
#include "outbox/log/test_support.h"

namespace pgtandem::outbox {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::size_t plenty = 1U << 30;

class log_test : public testing::Test {
 protected:
  void open() {
    log_.reset();
    log_ = log::open({dir_.outbox(), 0});
  }
  void SetUp() override { open(); }

  temp_dir dir_;
  std::unique_ptr<log> log_;
};

TEST_F(log_test, an_id_is_made_once) {
  const auto id = log_->id();
  EXPECT_EQ(id.size(), 36U);
  EXPECT_TRUE(log_->created());
  open();
  EXPECT_EQ(log_->id(), id);
  EXPECT_FALSE(log_->created());
}

TEST_F(log_test, a_database_keeps_its_partition) {
  const auto a = log_->partition_of("a");
  const auto b = log_->partition_of("b");
  EXPECT_NE(a, b);
  EXPECT_EQ(log_->partition_of("a"), a);
  open();
  EXPECT_EQ(log_->partition_of("b"), b);
  EXPECT_EQ(log_->partition_of("a"), a);
  const auto c = log_->partition_of("c");
  EXPECT_NE(c, a);
  EXPECT_NE(c, b);
}

TEST_F(log_test, seqs_are_dense_over_all_partitions_and_go_on_after_reopening) {
  EXPECT_EQ(prepare(*log_, record_of({"a"})), seq_t{1});
  EXPECT_EQ(prepare(*log_, record_of({"b"}, t1, p2)), seq_t{2});
  EXPECT_EQ(prepare(*log_, record_of({"c"})), seq_t{3});
  EXPECT_EQ(log_->last_prepared(p1), seq_t{3});
  EXPECT_EQ(log_->last_prepared(p2), seq_t{2});
  EXPECT_EQ(log_->last_prepared(partition_t{3}), seq_t{0});
  open();
  EXPECT_EQ(log_->last_prepared(p1), seq_t{3});
  EXPECT_EQ(prepare(*log_, record_of({"d"}, t1, p2)), seq_t{4});
}

TEST_F(log_test, read_yields_the_committed_in_order_and_holds_at_the_undecided) {
  for (int i = 1; i <= 5; ++i) static_cast<void>(prepare(*log_, record_of({std::to_string(i)})));
  EXPECT_FALSE(log_->read(p1, seq_t{0}, plenty, stopped()));
  log_->decide(seq_t{2}, decision::committed);
  settle(*log_, p1);
  EXPECT_FALSE(log_->read(p1, seq_t{0}, plenty, stopped()));
  log_->decide(seq_t{1}, decision::committed);
  log_->decide(seq_t{3}, decision::aborted);
  log_->decide(seq_t{5}, decision::committed);
  ASSERT_TRUE(log_->wait_decided(p1, seq_t{3}, {}));
  const auto b = log_->read(p1, seq_t{0}, plenty, {});
  ASSERT_TRUE(b);
  EXPECT_THAT(seqs_of(b->records), ElementsAre(1, 2));
  EXPECT_EQ(b->records[1].record, record_of({"2"}));
  EXPECT_EQ(b->through, seq_t{3});
  EXPECT_FALSE(log_->read(p1, seq_t{3}, plenty, stopped()));
  decide(*log_, p1, seq_t{4}, decision::aborted);
  const auto rest = log_->read(p1, seq_t{3}, plenty, {});
  EXPECT_THAT(seqs_of(rest->records), ElementsAre(5));
  EXPECT_EQ(rest->through, seq_t{5});
}

TEST_F(log_test, read_is_bounded_and_passes_what_did_not_commit) {
  for (int i = 1; i <= 4; ++i) commit(*log_, record_of({std::to_string(i)}));
  decide(*log_, p1, prepare(*log_, record_of({"5"})), decision::aborted);
  const auto one = log_->read(p1, seq_t{0}, 1, {});
  EXPECT_THAT(seqs_of(one->records), ElementsAre(1));
  EXPECT_EQ(one->through, seq_t{1});
  const auto none = log_->read(p1, seq_t{4}, 1, {});
  EXPECT_THAT(none->records, IsEmpty());
  EXPECT_EQ(none->through, seq_t{5});
}

TEST_F(log_test, read_wakes_up_when_a_record_is_decided_and_when_stopped) {
  const seq_t seq = prepare(*log_, record_of({"a"}));
  std::optional<batch> got;
  std::jthread reader([&](std::stop_token stop) { got = log_->read(p1, seq_t{0}, plenty, stop); });
  log_->decide(seq, decision::committed);
  reader.join();
  ASSERT_TRUE(got);
  EXPECT_THAT(seqs_of(got->records), ElementsAre(1));
  std::jthread waiter([&](std::stop_token stop) { got = log_->read(p1, seq, plenty, stop); });
  waiter.request_stop();
  waiter.join();
  EXPECT_FALSE(got);
}

TEST_F(log_test, records_and_decisions_survive_reopening) {
  commit(*log_, record_of({"a"}));
  decide(*log_, p1, prepare(*log_, record_of({"b"})), decision::aborted);
  static_cast<void>(prepare(*log_, record_of({"c"})));
  open();
  EXPECT_EQ(log_->decision_of(seq_t{1}), decision::committed);
  EXPECT_EQ(log_->decision_of(seq_t{2}), decision::aborted);
  EXPECT_EQ(log_->decision_of(seq_t{3}), decision::undecided);
  EXPECT_EQ(log_->undecided(p1), 1U);
  const auto b = log_->read(p1, seq_t{0}, plenty, {});
  EXPECT_THAT(seqs_of(b->records), ElementsAre(1));
  EXPECT_EQ(b->records[0].record, record_of({"a"}));
  EXPECT_EQ(b->through, seq_t{2});
}

TEST_F(log_test, undecided_records_are_in_doubt_after_reopening_and_when_reported) {
  const seq_t a = prepare(*log_, record_of({"a"}));
  const seq_t b = prepare(*log_, record_of({"b"}));
  EXPECT_THAT(log_->wait_in_doubt(p1, stopped()), IsEmpty());
  log_->report_in_doubt(b);
  auto doubt = log_->wait_in_doubt(p1, {});
  EXPECT_THAT(seqs_of(doubt), ElementsAre(b.value));
  EXPECT_EQ(doubt[0].record, record_of({"b"}));
  EXPECT_THAT(log_->wait_in_doubt(p1, stopped()), IsEmpty());
  log_->report_in_doubt(a);
  decide(*log_, p1, a, decision::committed);
  EXPECT_THAT(log_->wait_in_doubt(p1, stopped()), IsEmpty());
  log_->report_in_doubt(a);
  EXPECT_THAT(log_->wait_in_doubt(p1, stopped()), IsEmpty());
  open();
  EXPECT_THAT(seqs_of(log_->wait_in_doubt(p1, {})), ElementsAre(b.value));
}

TEST_F(log_test, the_flush_proof_sees_ranges_stale_records_and_a_durable_cursor) {
  auto old = record_of({"a"});
  old.incarnation = "life 0";
  commit(*log_, old);
  commit(*log_, record_of({"b"}));
  static_cast<void>(prepare(*log_, record_of({"c"})));
  const auto range = log_->wait_decided_after(p1, seq_t{0}, {});
  ASSERT_TRUE(range);
  EXPECT_EQ(range->through, seq_t{2});
  EXPECT_FALSE(log_->wait_decided_after(p1, seq_t{2}, stopped()));
  const auto checked = log_->decided(p1, seq_t{0}, seq_t{9}, "life 1");
  EXPECT_EQ(checked.through, seq_t{2});
  EXPECT_THAT(checked.stale, ElementsAre(seq_t{1}));
  EXPECT_EQ(log_->proven(p1), seq_t{0});
  log_->set_proven(p1, seq_t{2});
  log_->set_proven(p1, seq_t{1});
  EXPECT_EQ(log_->proven(p1), seq_t{2});
  open();
  EXPECT_EQ(log_->proven(p1), seq_t{2});
}

TEST_F(log_test, a_committed_record_that_legacy_lost_is_superseded) {
  commit(*log_, record_of({"a", "b", "a"}));
  log_->supersede(seq_t{1});
  EXPECT_EQ(log_->decision_of(seq_t{1}), decision::superseded);
  const auto marks = log_->marks(p1);
  ASSERT_EQ(marks.size(), 1U);
  EXPECT_TRUE(marks[0].ripe);
  EXPECT_THAT(marks[0].mark.keys, ElementsAre("a", "b"));
  const auto b = log_->read(p1, seq_t{0}, plenty, {});
  EXPECT_THAT(b->records, IsEmpty());
  EXPECT_EQ(b->through, seq_t{1});
}

TEST_F(log_test, a_truncate_in_doubt_leaves_every_key_of_its_table_marked) {
  change::record r = record_of({"a"});
  r.tables.push_back(t2);
  r.changes.push_back({1, change::op::truncate, "", ""});
  r.changes.push_back({1, change::op::upsert, "b", "image of b"});
  const seq_t seq = prepare(*log_, r);
  log_->supersede(seq);
  const auto marks = log_->marks(p1);
  ASSERT_EQ(marks.size(), 2U);
  EXPECT_EQ(marks[0].mark.scope, change::mark_scope::keys);
  EXPECT_EQ(marks[1].mark.table, t2);
  EXPECT_EQ(marks[1].mark.scope, change::mark_scope::table);
  EXPECT_THAT(marks[1].mark.keys, IsEmpty());
}

TEST_F(log_test, trimmed_records_are_gone_for_good_and_cursors_go_on) {
  for (int i = 1; i <= 4; ++i) commit(*log_, record_of({std::to_string(i)}));
  const seq_t open_one = prepare(*log_, record_of({"5"}));
  log_->trim(p1, seq_t{3});
  log_->trim(p1, seq_t{2});
  settle(*log_, p1);
  EXPECT_EQ(log_->decision_of(seq_t{3}), decision::superseded);
  EXPECT_THAT(seqs_of(log_->read(p1, seq_t{0}, plenty, {})->records), ElementsAre(4));
  log_->trim(p1, open_one);  // an undecided record is not trimmed
  settle(*log_, p1);
  EXPECT_EQ(log_->undecided(p1), 1U);
  const auto trimmed_away = log_->read(p1, seq_t{0}, plenty, {});
  ASSERT_TRUE(trimmed_away);
  EXPECT_THAT(trimmed_away->records, IsEmpty());
  EXPECT_EQ(trimmed_away->through, seq_t{4});
  open();
  EXPECT_EQ(log_->last_prepared(p1), open_one);
  decide(*log_, p1, open_one, decision::committed);
  log_->trim(p1, open_one);
  open();
  EXPECT_EQ(log_->last_prepared(p1), open_one);
  EXPECT_EQ(log_->undecided(p1), 0U);
  EXPECT_EQ(prepare(*log_, record_of({"6"})), seq_t{6});
}

TEST_F(log_test, trimming_many_records_drops_their_files) {
  log_.reset();
  const auto open_small = [&] {
    rocks_options small;
    small.memtable_bytes = 128U << 10;  // so that a few megabytes are many files
    log_ = log::open({dir_.outbox(), 0}, open_rocks_store(dir_.outbox(), small));
  };
  open_small();
  std::mt19937_64 random{1};  // any: what it yields only has to be incompressible
  constexpr std::uint64_t records = 25'000;
  for (std::uint64_t i = 1; i <= records; ++i) {
    auto r = record_of({std::to_string(i)});
    while (r.changes[0].image.size() < 300) r.changes[0].image += std::to_string(random());
    log_->prepare(std::move(r),
                  [&](prepare_result result) { log_->decide(result.seq.value(), decision::committed); });
    if (i % 1000 == 0) settle(*log_, p1);  // bounds what waits
  }
  settle(*log_, p1);
  ASSERT_TRUE(log_->wait_decided(p1, seq_t{records}, {}));
  log_.reset();
  open_small();  // what the write-ahead log holds goes into files
  const auto before = log_->disk_bytes();
  EXPECT_GT(before, 4U << 20);
  log_->trim(p1, seq_t{records});
  settle(*log_, p1);
  log_->trim(p1, seq_t{records});  // the first one's `low` is durable now
  EXPECT_LT(log_->disk_bytes(), before / 2);
  EXPECT_EQ(commit(*log_, record_of({"next"})), seq_t{records + 1});
  log_.reset();
  open_small();
  EXPECT_THAT(seqs_of(log_->read(p1, seq_t{0}, plenty, {})->records), ElementsAre(records + 1));
}

TEST_F(log_test, a_second_open_is_refused_while_the_first_lives) {
  try {
    log::open({dir_.outbox(), 0});
    FAIL() << "opened twice";
  } catch (const std::runtime_error& e) {
    EXPECT_THAT(e.what(), HasSubstr("outbox " + dir_.outbox() + " is in use by another pgtandem; "));
  }
  commit(*log_, record_of({"still works"}));
}

TEST_F(log_test, the_format_before_is_read_and_raised) {
  const seq_t seq = commit(*log_, record_of({"a"}));
  log_.reset();
  {
    const auto files = open_rocks_store(dir_.outbox());
    write_batch older;
    older.put(family::meta, std::string{meta_key::format}, "1");
    ASSERT_FALSE(files->write(older));
  }
  open();
  EXPECT_FALSE(log_->created());
  EXPECT_THAT(seqs_of(log_->read(p1, seq_t{0}, plenty, {})->records), ElementsAre(seq.value));
  log_.reset();
  std::string format;
  ASSERT_FALSE(open_rocks_store(dir_.outbox())
                   ->scan(family::meta, std::string{meta_key::format}, {}, [&](auto, std::string_view value) {
                     format = value;
                     return false;
                   }));
  EXPECT_EQ(format, "4");
}

TEST_F(log_test, a_newer_format_is_refused) {
  log_.reset();
  {
    const auto files = open_rocks_store(dir_.outbox());
    write_batch newer;
    newer.put(family::meta, std::string{meta_key::format}, "5");
    ASSERT_FALSE(files->write(newer));
  }
  try {
    open();
    FAIL() << "opened a newer format";
  } catch (const std::runtime_error& e) {
    EXPECT_THAT(e.what(), HasSubstr("was written by a newer pgtandem (format 5"));
  }
}

TEST_F(log_test, an_invalid_record_is_refused_and_the_log_goes_on) {
  auto r = record_of({"a"});
  r.changes[0].table = 1;
  const auto result = try_prepare(*log_, std::move(r));
  EXPECT_FALSE(result.seq);
  EXPECT_THAT(result.error, HasSubstr("table"));
  EXPECT_FALSE(log_->failed());
  EXPECT_EQ(prepare(*log_, record_of({"a"})), seq_t{1});
}

TEST_F(log_test, many_threads_get_their_own_seqs_in_order) {
  constexpr int threads = 8;
  constexpr int each = 200;
  std::vector<std::vector<seq_t>> seqs(threads);
  {
    std::vector<std::jthread> sessions;
    for (int t = 0; t < threads; ++t)
      sessions.emplace_back([&, t] {
        for (int i = 0; i < each; ++i) {
          const auto seq = prepare(*log_, record_of({std::to_string(t) + "/" + std::to_string(i)}));
          log_->decide(seq, i % 5 == 0 ? decision::aborted : decision::committed);
          seqs[t].push_back(seq);
        }
      });
    std::vector<std::uint64_t> seen;
    for (seq_t after; after < seq_t{threads * each};) {
      const auto b = log_->read(p1, after, 4096, {});
      for (const auto& r : b->records) seen.push_back(r.seq.value);
      after = b->through;
      log_->trim(p1, after);
    }
    EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end()));
    EXPECT_EQ(seen.size(), threads * each * 4 / 5U);
  }
  std::set<seq_t> all;
  for (const auto& of_one : seqs) {
    EXPECT_TRUE(std::is_sorted(of_one.begin(), of_one.end()));
    all.insert(of_one.begin(), of_one.end());
  }
  EXPECT_EQ(all.size(), threads * each * 1U);
  EXPECT_EQ(*all.rbegin(), seq_t{threads * each});
}

}  // namespace
}  // namespace pgtandem::outbox
