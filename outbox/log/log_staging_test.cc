// Chunks of large transactions: what a record names is read back in order, everything else leaves the disk.
#include <gmock/gmock.h>

#include "outbox/log/faulty_store.h"
#include "outbox/log/key_codec.h"
#include "outbox/log/rocks_store.h"
#include "outbox/log/test_support.h"

namespace pgtandem::outbox {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::size_t plenty = 1U << 30;

class log_staging_test : public testing::Test {
 protected:
  void SetUp() override { open(); }
  void open() {
    log_.reset();
    auto files = std::make_unique<faulty_store>(open_rocks_store(dir_.outbox()));
    store_ = files.get();
    log_ = log::open({dir_.outbox(), 0}, std::move(files));
  }
  // Of each chunk that is on the disk.
  std::vector<std::uint64_t> stagings_on_disk() {
    settle(*log_, p1);
    std::vector<std::uint64_t> all;
    EXPECT_FALSE(store_->scan(family::chunks, {}, {}, [&](std::string_view key, std::string_view) {
      all.push_back(staging_of(key)->value);
      return true;
    }));
    return all;
  }
  std::vector<stored_record> read_all() { return log_->read(p1, seq_t{0}, plenty, {})->records; }

  temp_dir dir_;
  faulty_store* store_ = nullptr;
  std::unique_ptr<log> log_;
};

TEST_F(log_staging_test, chunks_are_read_in_order_and_before_the_records_own_changes) {
  const seq_t seq = commit(*log_, staged_record(*log_, {{"a", "b"}, {"c"}}, {"d"}));
  for (int i = 0; i < 2; ++i) {
    const auto records = read_all();
    ASSERT_THAT(seqs_of(records), ElementsAre(seq.value));
    EXPECT_THAT(all_keys_of(*log_, records[0]), ElementsAre("a", "b", "c", "d"));
    open();
  }
}

TEST_F(log_staging_test, what_was_rolled_back_is_not_read) {
  auto r = staged_record(*log_, {{"a", "b"}, {"c"}, {"d"}}, {"e"});
  r.chunks = {{0, 1}, {2, 1}};
  commit(*log_, std::move(r));
  EXPECT_THAT(all_keys_of(*log_, read_all().at(0)), ElementsAre("a", "d", "e"));
}

// Invariant 3: the seq is given at the end. Another transaction that commits meanwhile comes first.
TEST_F(log_staging_test, a_seq_is_given_to_the_record_and_not_to_its_chunks) {
  auto large = staged_record(*log_, {{"a"}, {"b"}});
  const seq_t small = commit(*log_, record_of({"a"}));
  EXPECT_EQ(log_->last_prepared(p1), small);
  EXPECT_EQ(prepare(*log_, std::move(large)).value, small.value + 1);
}

TEST_F(log_staging_test, chunks_hold_nobody_up) {
  const auto open = staged_record(*log_, {{"a"}});
  const seq_t small = commit(*log_, record_of({"b"}));
  EXPECT_EQ(log_->undecided(p1), 0U);
  EXPECT_THAT(seqs_of(read_all()), ElementsAre(small.value));
}

TEST_F(log_staging_test, what_is_dropped_leaves_the_disk) {
  const auto kept = staged_record(*log_, {{"a"}, {"b"}});
  const auto dropped = staged_record(*log_, {{"c"}, {"d"}});
  EXPECT_THAT(stagings_on_disk(), ElementsAre(1, 1, 2, 2));
  log_->drop_staging(dropped.staging);
  EXPECT_THAT(stagings_on_disk(), ElementsAre(1, 1));
  EXPECT_THAT(try_prepare(*log_, dropped).error, HasSubstr("not staged"));
  EXPECT_TRUE(try_prepare(*log_, kept).seq);
  log_->drop_staging(kept.staging);
  EXPECT_THAT(stagings_on_disk(), ElementsAre(1, 1)) << "what a record names is not dropped";
}

TEST_F(log_staging_test, what_no_record_names_leaves_the_disk_when_the_log_is_opened) {
  const auto named = staged_record(*log_, {{"a"}});
  const seq_t seq = prepare(*log_, named);
  static_cast<void>(staged_record(*log_, {{"b"}, {"c"}}));
  open();
  EXPECT_THAT(stagings_on_disk(), ElementsAre(named.staging.value));
  EXPECT_GT(log_->new_staging(), named.staging);
  decide(*log_, p1, seq, decision::committed);
  EXPECT_THAT(all_keys_of(*log_, read_all().at(0)), ElementsAre("a"));
}

TEST_F(log_staging_test, a_staging_number_is_never_given_twice) {
  const auto first = staged_record(*log_, {{"a"}});
  const auto second = staged_record(*log_, {{"b"}});
  EXPECT_NE(first.staging, second.staging);
  const seq_t seq = commit(*log_, second);
  open();
  commit(*log_, staged_record(*log_, {{"c"}}));
  const auto records = read_all();
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(records[0].seq, seq);
  EXPECT_THAT(all_keys_of(*log_, records[0]), ElementsAre("b"));
  EXPECT_THAT(all_keys_of(*log_, records[1]), ElementsAre("c"));
}

TEST_F(log_staging_test, chunks_are_trimmed_with_their_record) {
  const seq_t first = commit(*log_, staged_record(*log_, {{"a"}, {"b"}}));
  const seq_t second = commit(*log_, staged_record(*log_, {{"c"}}));
  log_->trim(p1, first);
  EXPECT_THAT(stagings_on_disk(), ElementsAre(2));
  open();
  EXPECT_THAT(stagings_on_disk(), ElementsAre(2));
  const auto rest = log_->read(p1, first, plenty, {});
  EXPECT_THAT(all_keys_of(*log_, rest->records.at(0)), ElementsAre("c"));
  log_->trim(p1, second);
  EXPECT_THAT(stagings_on_disk(), IsEmpty());
}

TEST_F(log_staging_test, a_record_that_names_what_is_not_staged_is_refused_and_what_was_staged_goes) {
  auto r = staged_record(*log_, {{"a"}});
  r.chunks.push_back({1, 1});
  EXPECT_THAT(try_prepare(*log_, r).error, HasSubstr("not staged"));
  EXPECT_THAT(stagings_on_disk(), IsEmpty());
  auto too_many = staged_record(*log_, {{"a"}});
  too_many.chunks[0].changes = 2;
  EXPECT_THAT(try_prepare(*log_, too_many).error, HasSubstr("not staged"));
  EXPECT_FALSE(log_->failed());
}

TEST_F(log_staging_test, a_full_disk_refuses_chunks) {
  log_.reset();
  auto files = std::make_unique<faulty_store>(open_rocks_store(dir_.outbox()));
  store_ = files.get();
  log_ = log::open({dir_.outbox(), 1000}, std::move(files));
  store_->set_free(10);
  EXPECT_THAT(try_stage(*log_, log_->new_staging(), 0, {"a"}), HasSubstr("min_free"));
  EXPECT_THAT(stagings_on_disk(), IsEmpty());
}

TEST_F(log_staging_test, a_refused_chunk_ends_its_staging) {
  auto r = staged_record(*log_, {{"a"}});
  EXPECT_THAT(try_stage(*log_, r.staging, 2, {"b"}), HasSubstr("order"));
  EXPECT_THAT(stagings_on_disk(), IsEmpty());
  EXPECT_THAT(try_prepare(*log_, r).error, HasSubstr("not staged"));
}

TEST_F(log_staging_test, a_batch_counts_the_bytes_of_chunks) {
  const std::string large(1000, 'x');
  const seq_t first = commit(*log_, staged_record(*log_, {{large}, {large}}));
  commit(*log_, record_of({"b"}));
  EXPECT_THAT(seqs_of(log_->read(p1, seq_t{0}, 2000, {})->records), ElementsAre(first.value));
  open();
  EXPECT_THAT(seqs_of(log_->read(p1, seq_t{0}, 2000, {})->records), ElementsAre(first.value));
}

TEST_F(log_staging_test, in_doubt_its_tables_are_marked_whole) {
  auto r = staged_record(*log_, {{"a"}, {"b"}});
  r.tables.push_back(t2);
  const seq_t seq = prepare(*log_, std::move(r));
  log_->supersede(seq);
  EXPECT_EQ(log_->decision_of(seq), decision::superseded);
  const auto marks = log_->marks(p1);
  ASSERT_EQ(marks.size(), 2U);
  for (const auto& m : marks) {
    EXPECT_EQ(m.mark.scope, change::mark_scope::table);
    EXPECT_TRUE(m.ripe);
  }
  EXPECT_EQ(marks[0].mark.table, t1);
  EXPECT_EQ(marks[1].mark.table, t2);
}

TEST_F(log_staging_test, a_heal_that_a_chunked_record_overtook_is_thrown_away) {
  auto other = log_->open_window(p1, t2);
  auto window = log_->open_window(p1, t1);
  commit(*log_, staged_record(*log_, {{"a"}}));
  EXPECT_TRUE(log_->append_heal(std::move(window), record_of({"z"})).discarded);
  EXPECT_TRUE(log_->append_heal(std::move(other), record_of({"z"}, t2)).seq);
}

TEST_F(log_staging_test, a_damaged_chunk_is_never_stepped_over) {
  commit(*log_, staged_record(*log_, {{"a"}, {"b"}}));
  log_.reset();
  {
    const auto files = open_rocks_store(dir_.outbox());
    write_batch damage;
    damage.put(family::chunks, chunk_key(staging_t{1}, 1), "not a chunk");
    ASSERT_FALSE(files->write(damage));
  }
  open();
  const auto records = read_all();
  EXPECT_TRUE(log_->read_chunk(records.at(0), 0));
  EXPECT_FALSE(log_->read_chunk(records.at(0), 1));
  EXPECT_TRUE(log_->failed());
  EXPECT_THAT(log_->failure(), HasSubstr("a chunk of record 1 cannot be read"));
}

}  // namespace
}  // namespace pgtandem::outbox
