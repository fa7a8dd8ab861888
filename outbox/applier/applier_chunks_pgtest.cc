// Records of many chunks: written one by one, seen by nobody before all of them are there.
#include <gmock/gmock.h>

#include <map>

#include "outbox/applier/applier_fixture.h"

namespace pgtandem::outbox {
namespace {

using testing::HasSubstr;

class applier_chunks : public applier_test {
 protected:
  applier_chunks() { execute("CREATE TABLE t(id int PRIMARY KEY, u int UNIQUE, v text)"); }

  static std::string row(int id, const std::string& u, const std::string& v = "x") {
    return fmt::format(R"({{"id":{},"u":{},"v":"{}"}})", id, u, v);
  }
  std::string table() { return rows("SELECT id, u, v FROM t ORDER BY id"); }

  // The last of `parts` are the record's own changes.
  stored_record chunked(const std::vector<stored_record>& parts) {
    stored_record r = parts.back();
    for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
      r.record.chunks.push_back({static_cast<std::uint32_t>(i), parts[i].record.changes.size()});
      chunks_[{r.seq, i}] = parts[i].record.changes;
      // All of them write one table, so that their indexes agree.
      r.record.tables = parts[i].record.tables;
    }
    return r;
  }
  std::unique_ptr<applier> started() {
    auto with_chunks = options();
    with_chunks.read_chunk = [this](const stored_record& r,
                                    std::size_t i) -> std::optional<std::vector<change::row_change>> {
      if (on_read) on_read(i);
      const auto it = chunks_.find({r.seq, i});
      if (it == chunks_.end()) return std::nullopt;
      return it->second;
    };
    auto a = std::make_unique<applier>(with_chunks);
    EXPECT_TRUE(a->start(stop_.get_token()));
    return a;
  }

  std::function<void(std::size_t)> on_read;
  std::map<std::pair<seq_t, std::size_t>, std::vector<change::row_change>> chunks_;
};

TEST_F(applier_chunks, the_last_change_of_a_key_is_what_counts) {
  auto a = started();
  EXPECT_TRUE(apply(*a, {chunked({record_builder(1).upsert("t", key(1), row(1, "1")),
                                  record_builder(1).upsert("t", key(1), row(1, "2")).remove("t", key(2)),
                                  record_builder(1).upsert("t", key(2), row(2, "1", "last"))})}));
  EXPECT_EQ(table(), "1|2|x 2|1|last");
  EXPECT_EQ(hwm(), "1");
}

TEST_F(applier_chunks, a_record_may_have_nothing_but_chunks) {
  auto only = chunked({record_builder(3).upsert("t", key(1), row(1, "1")), record_builder(3)});
  ASSERT_TRUE(only.record.changes.empty());
  EXPECT_TRUE(apply(*started(), {only}));
  EXPECT_EQ(table(), "1|1|x");
  EXPECT_EQ(hwm(), "3");
}

// The target's catalog is read in a transaction of its own, so not between two chunks.
TEST_F(applier_chunks, each_may_write_another_table) {
  execute("CREATE TABLE s(LIKE t INCLUDING ALL)");
  stored_record first = record_builder(1).upsert("t", key(1), row(1, "1")).upsert("s", key(2), row(2, "2"));
  stored_record second = first;
  first.record.changes.pop_back();
  second.record.changes.erase(second.record.changes.begin());
  EXPECT_TRUE(apply(*started(), {chunked({first, second})}));
  EXPECT_EQ(table() + " " + rows("SELECT id, u, v FROM s"), "1|1|x 2|2|x");
}

TEST_F(applier_chunks, a_truncate_makes_void_what_other_chunks_wrote_before) {
  execute("ALTER TABLE t ADD CHECK (v <> 'bad'); INSERT INTO t VALUES (1, 1, 'old'), (2, 2, 'old')");
  auto a = started();
  for (const std::string refused : {"x", "bad"}) {  // then it is written again row by row
    const std::uint64_t seq = refused == "x" ? 1 : 2;
    EXPECT_TRUE(apply(*a, {chunked({record_builder(seq).upsert("t", key(3), row(3, "3", refused)),
                                    record_builder(seq).upsert("t", key(4), row(4, "4")).truncate("t"),
                                    record_builder(seq).upsert("t", key(1), row(1, "2", "new"))})}));
    EXPECT_EQ(table(), "1|2|new");
    EXPECT_TRUE(a->parked().empty());
  }
}

TEST_F(applier_chunks, among_other_records_it_keeps_its_place) {
  auto a = started();
  const std::vector<stored_record> records = {
      record_builder(1).upsert("t", key(1), row(1, "1", "before")),
      chunked({record_builder(2).upsert("t", key(1), row(1, "1", "chunk")),
               record_builder(2).upsert("t", key(2), row(2, "2", "chunk"))}),
      record_builder(3).upsert("t", key(2), row(2, "2", "behind"))};
  EXPECT_TRUE(a->apply(records, seq_t{5}, stop_.get_token()));
  EXPECT_EQ(table(), "1|1|chunk 2|2|behind");
  EXPECT_EQ(hwm(), "5");
  // Exactly once: what lies below the hwm is not even read.
  chunks_.clear();
  EXPECT_TRUE(a->apply(records, seq_t{5}, stop_.get_token()));
  EXPECT_TRUE(started()->apply(records, seq_t{5}, stop_.get_token()));
}

TEST_F(applier_chunks, nobody_sees_a_part_of_it) {
  execute("INSERT INTO t VALUES (1, 1, 'old')");
  std::vector<std::string> seen;
  on_read = [&](std::size_t) { seen.push_back(table()); };
  EXPECT_TRUE(apply(*started(), {chunked({record_builder(1).upsert("t", key(1), row(1, "1")),
                                          record_builder(1).upsert("t", key(2), row(2, "2")),
                                          record_builder(1).upsert("t", key(3), row(3, "3"))})}));
  EXPECT_EQ(seen, (std::vector<std::string>{"1|1|old", "1|1|old"}));
  EXPECT_EQ(table(), "1|1|x 2|2|x 3|3|x");
}

TEST_F(applier_chunks, a_lost_connection_repeats_all_of_it) {
  bool cut = false;
  on_read = [&](std::size_t i) {
    if (i != 1 || std::exchange(cut, true)) return;
    rows(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = "
        "current_database()");
  };
  auto a = started();
  EXPECT_TRUE(apply(*a, {chunked({record_builder(1).upsert("t", key(1), row(1, "1")),
                                  record_builder(1).upsert("t", key(2), row(2, "2")),
                                  record_builder(1).upsert("t", key(3), row(3, "3"))})}));
  EXPECT_EQ(table(), "1|1|x 2|2|x 3|3|x");
  EXPECT_EQ(a->state().rows_applied, 3U);
  EXPECT_GE(a->state().retries, 1U);
}

// Legacy's constraint is deferrable, and the circle runs through all chunks.
TEST_F(applier_chunks, values_handed_round_in_a_circle) {
  execute("INSERT INTO t VALUES (1, 10, 'x'), (2, 20, 'x'), (3, 30, 'x')");
  EXPECT_TRUE(apply(*started(), {chunked({record_builder(5).upsert("t", key(1), row(1, "20")),
                                          record_builder(5).upsert("t", key(2), row(2, "30")),
                                          record_builder(5).upsert("t", key(3), row(3, "10"))})}));
  EXPECT_EQ(table(), "1|20|x 2|30|x 3|10|x");
}

TEST_F(applier_chunks, a_row_that_the_target_refuses_is_parked_and_the_rest_of_all_chunks_is_written) {
  execute("ALTER TABLE t ADD CHECK (v <> 'bad')");
  auto a = started();
  EXPECT_TRUE(apply(*a, {chunked({record_builder(1).upsert("t", key(1), row(1, "1")),
                                  record_builder(1).upsert("t", key(2), row(2, "2", "bad")),
                                  record_builder(1).upsert("t", key(3), row(3, "3"))})}));
  EXPECT_EQ(table(), "1|1|x 3|3|x");
  ASSERT_EQ(a->parked().size(), 1U);
  EXPECT_EQ(a->parked()[0].key, key(2));
  // An attempt in one chunk lets those behind it through.
  EXPECT_TRUE(apply(*a, {chunked({record_builder(2).upsert("t", key(2), row(2, "2", "held back")),
                                  record_builder(2).remove("t", key(2)),
                                  record_builder(2).upsert("t", key(2), row(2, "2", "last"))})}));
  EXPECT_EQ(table(), "1|1|x 2|2|last 3|3|x");
  EXPECT_TRUE(a->parked().empty());
}

TEST_F(applier_chunks, a_chunk_that_cannot_be_read_halts_and_leaves_nothing) {
  auto r = chunked({record_builder(1).upsert("t", key(1), row(1, "1")),
                    record_builder(1).upsert("t", key(2), row(2, "2")), record_builder(1)});
  chunks_.erase({seq_t{1}, 1});
  auto a = started();
  EXPECT_FALSE(apply(*a, {r}));
  EXPECT_TRUE(a->state().halted);
  EXPECT_THAT(a->state().error, HasSubstr("a chunk of seq 1 cannot be read"));
  EXPECT_EQ(table(), "");
  EXPECT_EQ(hwm(), "0");
}

}  // namespace
}  // namespace pgtandem::outbox
