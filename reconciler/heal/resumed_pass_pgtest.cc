// Passes over whole tables that are interrupted in the middle, by a restart of the healer and of the log, and
// what may happen to the table between. The mirror's target is the judge: a row that was never read is
// missing.
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "reconciler/heal/healer_fixture.h"

namespace pgtandem::reconciler {
namespace {

constexpr std::uint64_t rows = 700;
constexpr std::uint32_t rows_per_window = 7;  // one block
// A heal of more than some windows pauses behind each: this one stands still there until it is stopped.
constexpr std::chrono::milliseconds for_ever = std::chrono::hours(1);
// The first window takes eight blocks, and there are fifty more, of which one may be for a key alone.
constexpr std::uint64_t rows_when_it_stands = (8 + 49) * rows_per_window;

class resumed_pass : public healer_fixture {
 protected:
  // Rows of a kilobyte, so that a block holds seven of them.
  void create_table(const std::string& table = "t") {
    on_both(fmt::format("CREATE TABLE {} (id int PRIMARY KEY, v text, pad text)", table));
    legacy_->query_simple(
        fmt::format("ALTER TABLE {0} ALTER COLUMN pad SET STORAGE PLAIN; INSERT INTO {0} SELECT i, 'v' || i, "
                    "repeat('x', 1000)"
                    " FROM generate_series(1, {1}) i; ANALYZE {0}",
                    table, rows));
  }
  // Until the pass over the table stands in its middle.
  void begin_pass(const std::string& table = "t") {
    start_mirror();
    start_healer(rows_per_window, for_ever);
    wait_until_it_stands(table);
  }
  void wait_until_it_stands(const std::string& table = "t") {
    ASSERT_TRUE(eventually([&] { return progress_of(table).pass_rows >= rows_when_it_stands; })) << state();
  }
  void interrupt() {
    ASSERT_TRUE(eventually([&] { return applied() >= log_->last_prepared(partition_); }));
    healer_.reset();
    reopen_log();
  }
  void go_on() {
    start(rows_per_window);
    wait_until_healed();
  }
  // The rows first + 1, first + 1 + step ... in random order, a transaction each.
  void write_each_row_once(unsigned first, unsigned step, unsigned seed);
};

void resumed_pass::write_each_row_once(unsigned first, unsigned step, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<std::uint64_t> ids;
  for (std::uint64_t id = 1 + first; id <= rows + 100; id += step) ids.push_back(id);
  std::ranges::shuffle(ids, random);
  client::connection c(legacy_conninfo_);
  for (const std::uint64_t id : ids) {
    const std::string key = fmt::format(R"({{"id":{}}})", id);
    const bool erase = random() % 5 == 0;
    const bool imaged = random() % 10 != 0;
    const bool commits = random() % 2 == 0;
    c.query_simple("BEGIN");
    const auto row = c.query_simple(
        erase ? fmt::format("DELETE FROM t WHERE id = {} RETURNING 1", id)
              : fmt::format("INSERT INTO t VALUES ({}, 'new', repeat('y', 1000)) ON CONFLICT (id) DO"
                            " UPDATE SET v = 'newer' RETURNING row_to_json(t)",
                            id));
    std::optional<seq_t> seq;
    if (imaged && row.rows() > 0)
      seq = prepare("t", {{0, erase ? change::op::remove : change::op::upsert, key,
                           erase ? "" : std::string(row.at(0, 0))}});
    c.query_simple(commits ? "COMMIT" : "ROLLBACK");
    if (seq) log_->decide(*seq, commits ? outbox::decision::committed : outbox::decision::aborted);
    if (!imaged) mark_keys("t", {key});
  }
}

TEST_F(resumed_pass, goes_on_where_it_stood) {
  create_table();
  mark_table("t");
  begin_pass();
  interrupt();
  go_on();
  expect_equal("t");
  const heal_progress p = progress_of("t");
  EXPECT_GT(p.pass_resumed, rows_when_it_stands - 8 * rows_per_window);
  EXPECT_LE(p.pass_resumed, rows_when_it_stands + rows_per_window);
  EXPECT_EQ(p.pass_rows, rows);
  EXPECT_EQ(p.rows_read, rows - p.pass_resumed);
}

TEST_F(resumed_pass, is_what_the_progress_tells_also_behind_a_heal_of_keys) {
  create_table();
  mark_table("t");
  begin_pass();
  constexpr std::uint64_t read = rows_when_it_stands + rows_per_window;  // there was no window for a key
  ASSERT_TRUE(eventually([&] { return progress_of("t").pass_rows == read; })) << state();
  mark_keys("t", {R"({"id":699})"});
  ASSERT_TRUE(eventually([&] { return progress_of("t").rows_read == 1; })) << state();  // of the newest heal
  const heal_progress p = progress_of("t");
  EXPECT_TRUE(p.running);
  EXPECT_EQ(p.pass_rows, read);
  EXPECT_EQ(p.pass_estimate, rows);
}

// A role that may not see when legacy began to live has to take each connection for a life: what an earlier
// one has read may have been lost with it.
TEST_F(resumed_pass, begins_anew_where_legacy_may_have_crashed) {
  create_table();
  legacy_->query_simple("DROP ROLE IF EXISTS reader; CREATE ROLE reader LOGIN; GRANT SELECT ON t TO reader");
  mark_table("t");
  start_mirror();
  legacy_conninfo_ += " user=reader";
  start_healer(rows_per_window, std::chrono::milliseconds(30));
  wait_until_it_stands();
  const auto ended =
      on_legacy("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = 'reader'");
  EXPECT_EQ(ended, "1");
  wait_until_healed();
  expect_equal("t");
  EXPECT_GT(progress_of("t").rows_read, rows + rows_when_it_stands - rows_per_window);
  healer_.reset();
  legacy_->query_simple("DROP OWNED BY reader; DROP ROLE reader");
}

// The note is gone with its mark.
TEST_F(resumed_pass, another_pass_begins_at_the_first_block) {
  create_table();
  mark_table("t");
  begin_pass();
  interrupt();
  go_on();
  target_->query_simple("DELETE FROM t WHERE id <= 10");
  healer_.reset();
  reopen_log();
  mark_table("t");
  go_on();
  expect_equal("t");
  EXPECT_EQ(progress_of("t").rows_read, rows);
}

// What was read already may lack what they are about.
TEST_F(resumed_pass, does_not_stand_for_marks_that_ripened_meanwhile) {
  create_table();
  mark_table("t");
  begin_pass();
  legacy_->query_simple("UPDATE t SET v = 'by a function' WHERE id = 1");
  mark_table("t");
  legacy_->query_simple("DELETE FROM t WHERE id = 2");
  mark_table("t");
  interrupt();
  go_on();
  expect_equal("t");
  EXPECT_EQ(progress_of("t").pass_resumed, 0U) << "the last pass is that of the later marks";
}

TEST_F(resumed_pass, does_not_stand_for_a_mark_made_behind_the_restart) {
  create_table();
  mark_table("t");
  begin_pass();
  interrupt();
  legacy_->query_simple("UPDATE t SET v = 'by a function' WHERE id = 1");
  mark_table("t");
  go_on();
  expect_equal("t");
}

// Rows of blocks that were not read yet are now in blocks that were.
TEST_F(resumed_pass, begins_anew_where_the_table_was_rewritten) {
  create_table();
  mark_table("t");
  begin_pass();
  interrupt();
  legacy_->query_simple("CREATE INDEX backwards ON t ((-id)); CLUSTER t USING backwards");
  go_on();
  expect_equal("t");
  EXPECT_EQ(progress_of("t").pass_resumed, 0U);
}

TEST_F(resumed_pass, begins_anew_where_the_target_lost_the_rows) {
  create_table();
  mark_table("t");
  begin_pass();
  interrupt();
  target_->query_simple("TRUNCATE t");
  start_healer(rows_per_window);  // without a mirror that would apply the log again
  ASSERT_TRUE(eventually([&] { return progress_of("t").pass_rows == rows; })) << state();
  EXPECT_EQ(progress_of("t").pass_resumed, 0U);
}

TEST_F(resumed_pass, begins_anew_where_the_table_was_altered) {
  create_table();
  mark_table("t");
  begin_pass();
  interrupt();
  on_both("ALTER TABLE t ADD COLUMN more int DEFAULT 5");  // rewrites nothing
  go_on();
  expect_equal("t");
  EXPECT_EQ(progress_of("t").pass_resumed, 0U);
}

// Here it is the last step of the pass that would not be repeated.
TEST_F(resumed_pass, goes_on_among_the_rows_that_the_target_has_too_many) {
  create_table();
  legacy_->query_simple("DELETE FROM t WHERE id > 140");
  legacy_->query_simple("VACUUM FULL t");
  target_->query_simple(
      "ALTER TABLE t ALTER COLUMN pad SET STORAGE PLAIN;"
      " INSERT INTO t SELECT i, 'surplus', repeat('x', 1000) FROM generate_series(1001, 1700) i");
  mark_table("t");
  start_mirror();
  start_healer(rows_per_window, for_ever);
  ASSERT_TRUE(eventually([&] { return on_target("SELECT min(id) > 1050 FROM t WHERE id > 1000") == "t"; }));
  interrupt();
  EXPECT_NE(on_target("SELECT count(*) FROM t WHERE id > 1000"), "0");
  go_on();
  expect_equal("t");
  const heal_progress p = progress_of("t");
  EXPECT_EQ(p.pass_resumed, 140U);
  EXPECT_EQ(p.rows_read, 0U);
}

class a_client_in_the_window : public resumed_pass {
 protected:
  // Lets the read of the pass's first window wait for a lock, does `meanwhile`, and lets it go on.
  void begin_pass_with(const std::function<void()>& meanwhile) {
    on_both("CREATE TABLE other (id int PRIMARY KEY)");
    const seq_t holds = prepare("other", {{0, change::op::remove, R"({"id":1})", ""}});
    start_mirror();
    start_healer(rows_per_window, for_ever);
    ASSERT_TRUE(eventually([&] { return progress_of("t").pass_estimate > 0; })) << state();
    client::connection locker(legacy_conninfo_);
    locker.query_simple("BEGIN; LOCK TABLE t");
    log_->decide(holds, outbox::decision::aborted);
    ASSERT_TRUE(eventually([&] {
      return on_legacy(
                 "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE"
                 " '%FROM ONLY%public%t%'") != "0";
    })) << state();
    meanwhile();
    locker.query_simple("COMMIT");
  }
};

// The heal has left the key to a record that came to nothing: only this pass knows that it is owed.
TEST_F(a_client_in_the_window, whose_record_aborts_is_not_forgotten_over_a_restart) {
  create_table();
  mark_table("t");
  begin_pass_with([&] {
    log_->decide(prepare("t", {{0, change::op::upsert, R"({"id":3})", R"({"id":3,"v":"rolled back"})"}}),
                 outbox::decision::aborted);
  });
  wait_until_it_stands();
  interrupt();
  go_on();
  expect_equal("t");
  EXPECT_GT(progress_of("t").pass_resumed, 0U);
}

TEST_F(resumed_pass, over_a_row_that_is_too_large_begins_anew) {
  create_table();
  legacy_->query_simple("UPDATE t SET v = repeat('x', 155000000) WHERE id = 1");
  legacy_->query_simple("CLUSTER t USING t_pkey");
  mark_table("t");
  begin_pass();
  interrupt();
  start(rows_per_window);
  ASSERT_TRUE(eventually([&] { return progress_of("t").error.find("too large") != std::string::npos; }))
      << state();
  EXPECT_EQ(log_->marks(partition_).size(), 1U);
}

// Healers come and go at random during one pass, while clients write, leave marks instead of records, and
// roll back. Each row is written once, so that no later image hides what was lost.
TEST_F(resumed_pass, under_traffic_and_many_restarts_ends_equal) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(fmt::format("seed {}", seed));
  create_table();
  const auto mark = mark_table("t");
  const auto pass_goes_on = [&] {
    return std::ranges::any_of(log_->marks(partition_), [&](const auto& m) { return m.id == mark; });
  };
  start_mirror();
  std::vector<std::thread> clients;
  for (unsigned n = 0; n < 3; ++n)
    clients.emplace_back([this, n, seed] { write_each_row_once(n, 3, seed + n); });
  std::mt19937 random(seed + 3);
  unsigned lives = 0;
  unsigned resumed = 0;
  for (; pass_goes_on(); ++lives) {
    start_healer(rows_per_window);
    const std::uint64_t until = random() % 200;
    EXPECT_TRUE(eventually([&] { return !pass_goes_on() || progress_of("t").rows_read >= until; }))
        << state();
    if (progress_of("t").pass_resumed > 0) ++resumed;
    healer_.reset();
  }
  for (auto& c : clients) c.join();
  start_healer(rows_per_window);
  wait_until_healed();
  expect_equal("t");
  EXPECT_TRUE(lives < 4 || resumed > 0);
}

}  // namespace
}  // namespace pgtandem::reconciler
