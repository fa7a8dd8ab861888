// The healer against two servers, a real log, and a mirror that applies what the log has.
#include <fmt/format.h>

#include <random>

#include "protocol/catalog/image_sql.h"
#include "reconciler/heal/healer_fixture.h"
#include "reconciler/heal/row_reader.h"
#include "reconciler/server/key_lookup.h"
#include "reconciler/server/server_link.h"

namespace pgtandem::reconciler {
namespace {

using healer_on_servers = healer_fixture;

TEST_F(healer_on_servers, heals_keys_that_differ_are_missing_or_too_many) {
  on_both(
      "CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t SELECT i, 'v' || i FROM generate_series(1, "
      "10) i");
  legacy_->query_simple(
      "UPDATE t SET v = 'new' WHERE id = 2; DELETE FROM t WHERE id = 3; INSERT INTO t VALUES (11, NULL)");
  target_->query_simple("UPDATE t SET v = 'wrong, but not marked' WHERE id = 4");
  mark_keys("t", {R"({"id":2})", R"({"id":3})"});
  mark_keys("t", {R"({"id":11})"});
  start();
  wait_until_healed();
  EXPECT_EQ(on_target("SELECT v FROM t WHERE id = 2"), "new");
  EXPECT_EQ(on_target("SELECT count(*) FROM t WHERE id = 3"), "0");
  EXPECT_EQ(on_target("SELECT v IS NULL FROM t WHERE id = 11"), "t");
  EXPECT_EQ(on_target("SELECT v FROM t WHERE id = 4"), "wrong, but not marked");
  EXPECT_EQ(healer_->error(), "");
}

TEST_F(healer_on_servers, a_pass_over_a_table_makes_it_equal) {
  on_both(
      "CREATE TABLE t (id numeric PRIMARY KEY, f float8, d jsonb, a int[], s text, g text GENERATED ALWAYS "
      "AS (s || '!')"
      " STORED)");
  legacy_->query_simple(
      "INSERT INTO t (id, f, d, a, s) SELECT i, random(), CASE WHEN i % 7 = 0 THEN 'null' ELSE "
      "jsonb_build_object('a', i)"
      " END, CASE WHEN i % 3 = 0 THEN '[5:6]={1,2}'::int[] END, CASE WHEN i % 5 = 0 THEN '' WHEN i % 5 > 1 "
      "THEN 'x' || i END"
      " FROM generate_series(1, 3000) i");
  target_->query_simple(
      "INSERT INTO t (id, f, s) SELECT i, 1.5, 'surplus' FROM generate_series(2900, 5000) i; DELETE FROM t "
      "WHERE id < 2950");
  mark_table("t");
  start(200);
  wait_until_healed();
  expect_equal("t");
  EXPECT_EQ(on_target("SELECT count(*) FROM t"), "3000");
  const heal_progress p = progress_of("t");
  EXPECT_FALSE(p.running);
  EXPECT_GE(p.rows_read, 3000U);
  EXPECT_GE(p.rows_written, 5000U);
}

TEST_F(healer_on_servers, partitions_are_healed_through_their_root) {
  const char* ddl =
      "CREATE TABLE p (k int, part text, v timestamptz, PRIMARY KEY (part, k)) PARTITION BY LIST (part);"
      "CREATE TABLE p_a PARTITION OF p FOR VALUES IN ('a'); CREATE TABLE p_b PARTITION OF p FOR VALUES IN "
      "('b')";
  on_both(ddl);
  legacy_->query_simple(
      "INSERT INTO p SELECT i, CASE WHEN i % 2 = 0 THEN 'a' ELSE 'b' END, now() FROM generate_series(1, 500) "
      "i");
  target_->query_simple("INSERT INTO p VALUES (1000, 'a', now()), (1001, 'b', now())");
  mark_table("p");
  start(100);
  wait_until_healed();
  expect_equal("p");
  target_->query_simple("UPDATE p SET v = NULL");
  mark_keys("p", {R"({"part":"a","k":2})"});
  mark_table("p_b");  // a leaf stands for its root
  wait_until_healed();
  expect_equal("p");
}

TEST_F(healer_on_servers, keys_of_odd_types_and_names) {
  on_both(
      "CREATE TABLE \"Odd \"\"t\" (\"tag.\" char(5), at timestamptz, b bytea, v text, PRIMARY KEY (\"tag.\", "
      "at, b))");
  legacy_->query_simple(
      "INSERT INTO \"Odd \"\"t\" VALUES ('a ', '2024-02-29 12:00:00.5+02', '\\x00ff', 'x'), ('ü\"', "
      "'infinity', '', 'y')");
  target_->query_simple(
      "INSERT INTO \"Odd \"\"t\" VALUES ('a ', '2020-02-29 12:00:00.5+02', '\\x00ff', 'surplus')");
  mark_table("Odd \"t");
  start();
  wait_until_healed();
  expect_equal("\"Odd \"\"t\"");
}

TEST_F(healer_on_servers, keys_that_are_equal_but_not_the_same_text) {
  on_both("CREATE EXTENSION citext; CREATE TABLE t (name citext PRIMARY KEY, v int)");
  legacy_->query_simple("INSERT INTO t VALUES ('anna', 1), ('Bert', 2)");
  target_->query_simple("INSERT INTO t VALUES ('Anna', 0), ('BERT', 2), ('Carl', 3)");
  mark_keys("t", {R"({"name":"ANNA"})"});
  start();
  wait_until_healed();
  EXPECT_EQ(on_target("SELECT name FROM t WHERE name = 'anna'"), "anna");
  mark_table("t");
  wait_until_healed();
  expect_equal("t");
}

TEST_F(healer_on_servers, a_key_that_its_type_cannot_read_any_more_heals_the_table) {
  on_both("CREATE TABLE t (id int PRIMARY KEY, v int)");
  legacy_->query_simple("INSERT INTO t SELECT i, i FROM generate_series(1, 50) i");
  mark_keys("t", {R"({"id":"not a number"})"});
  start();
  wait_until_healed();
  expect_equal("t");
}

TEST_F(healer_on_servers, what_is_not_mirrored_any_more_is_owed_no_heal) {
  on_both("CREATE TABLE excluded (id int PRIMARY KEY); INSERT INTO excluded VALUES (1)");
  target_->query_simple("DELETE FROM excluded");
  mark_table("dropped");
  mark_keys("dropped_too", {R"({"id":1})"});
  mark_table("excluded");
  start();
  wait_until_healed();
  EXPECT_EQ(on_target("SELECT count(*) FROM excluded"), "0");
}

TEST_F(healer_on_servers, a_table_in_trouble_keeps_its_mark_and_holds_up_no_other) {
  legacy_->query_simple("CREATE TABLE late (id int PRIMARY KEY, v text); INSERT INTO late VALUES (1, 'x')");
  on_both("CREATE TABLE keyless (v text); CREATE TABLE fine (id int PRIMARY KEY, v text)");
  legacy_->query_simple("INSERT INTO fine VALUES (1, 'x')");
  mark_table("late");
  const auto keyless = mark_table("keyless");
  start();
  ASSERT_TRUE(eventually([&] { return !progress_of("late").error.empty(); }));
  mark_table("fine");
  ASSERT_TRUE(eventually([&] { return log_->marks(partition_).size() == 2; })) << healer_->error();
  EXPECT_NE(progress_of("late").error.find("the target has no such table"), std::string::npos);
  EXPECT_NE(healer_->error(), "");
  target_->query_simple("CREATE TABLE late (id int PRIMARY KEY, v text)");
  ASSERT_TRUE(eventually([&] { return log_->marks(partition_).size() == 1; })) << healer_->error();
  ASSERT_TRUE(eventually([&] { return applied() >= log_->last_prepared(partition_); }));
  expect_equal("late");
  expect_equal("fine");
  EXPECT_EQ(log_->marks(partition_).at(0).id, keyless);
  EXPECT_NE(progress_of("keyless").error.find("no usable key"), std::string::npos);
}

TEST_F(healer_on_servers, a_key_taken_over_by_an_aborted_record_is_healed_again) {
  on_both("CREATE TABLE t (id int PRIMARY KEY, v text)");
  legacy_->query_simple("INSERT INTO t VALUES (1, 'kept')");
  client::connection locker(legacy_conninfo_);
  for (const bool whole : {false, true}) {
    target_->query_simple("DELETE FROM t");
    locker.query_simple("BEGIN; LOCK TABLE t");
    whole ? mark_table("t") : mark_keys("t", {R"({"id":1})"});
    if (!healer_) start();
    // The heal stands in its window: a record that comes now takes the key over.
    ASSERT_TRUE(eventually([&] { return somebody_waits_for("t"); }));
    const seq_t taker =
        prepare("t", {{0, change::op::upsert, R"({"id":1})", R"({"id":1,"v":"rolled back"})"}});
    locker.query_simple("COMMIT");
    log_->decide(taker, outbox::decision::aborted);
    wait_until_healed();
    EXPECT_EQ(on_target("SELECT v FROM t"), "kept") << whole;
  }
}

TEST_F(healer_on_servers, nothing_is_read_before_older_records_are_decided) {
  on_both("CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t VALUES (1, 'old')");
  client::connection writer(legacy_conninfo_);
  writer.query_simple("BEGIN; UPDATE t SET v = 'new'");
  const seq_t undecided = prepare("t", {{0, change::op::upsert, R"({"id":1})", R"({"id":1,"v":"new"})"}});
  mark_keys("t", {R"({"id":1})"});
  start();
  // A heal that did not wait would be done in this time, having read the old row.
  (void)eventually([&] { return log_->marks(partition_).empty(); }, std::chrono::milliseconds(300));
  writer.query_simple("COMMIT");
  log_->decide(undecided, outbox::decision::committed);
  wait_until_healed();
  EXPECT_EQ(on_target("SELECT v FROM t"), "new");
}

TEST_F(healer_on_servers, surplus_rows_that_are_still_on_their_way_are_found) {
  on_both("CREATE TABLE t (id int PRIMARY KEY, v text)");
  log_->decide(prepare("t", {{0, change::op::upsert, R"({"id":9})", R"({"id":9,"v":"deleted since"})"}}),
               outbox::decision::committed);
  mark_table("t");  // the delete was not imaged
  start_healer();
  // A pass that did not wait for the target would be done in this time, having found nothing.
  (void)eventually([&] { return log_->marks(partition_).empty(); }, std::chrono::milliseconds(300));
  start_mirror();
  wait_until_healed();
  EXPECT_EQ(on_target("SELECT count(*) FROM t"), "0");
}

TEST_F(healer_on_servers, a_table_that_was_rewritten_during_its_pass_is_read_again) {
  on_both("CREATE TABLE t (id int PRIMARY KEY, v text)");
  legacy_->query_simple("INSERT INTO t SELECT i, 'x' FROM generate_series(1, 100) i");
  before_fence_ = [this] { client::connection(legacy_conninfo_).query_simple("VACUUM FULL t"); };
  mark_table("t");
  start();
  wait_until_healed();
  expect_equal("t");
  EXPECT_EQ(progress_of("t").rows_read, 200U);
}

TEST_F(healer_on_servers, any_touch_of_a_table_with_opaque_keys_discards_its_heal) {
  on_both("CREATE TABLE t (f interval PRIMARY KEY, v text)");
  legacy_->query_simple("INSERT INTO t VALUES ('1 day', 'new')");
  client::connection locker(legacy_conninfo_);
  locker.query_simple("BEGIN; LOCK TABLE t");
  mark_keys("t", {R"({"f":"1 day"})"});
  start();
  ASSERT_TRUE(eventually([&] { return somebody_waits_for("t"); }));
  const seq_t other = prepare("t", {{0, change::op::remove, R"({"f":"24:00:00"})", ""}});
  locker.query_simple("COMMIT");
  // Undecided, it holds the window that follows the discarded one.
  EXPECT_FALSE(
      eventually([&] { return log_->last_prepared(partition_) > other; }, std::chrono::milliseconds(100)));
  log_->decide(other, outbox::decision::aborted);
  wait_until_healed();
  expect_equal("t");
}

TEST_F(healer_on_servers, a_row_that_row_security_hides_is_not_taken_for_deleted) {
  on_both("CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t VALUES (1, 'x')");
  on_both(
      fmt::format("DO $$BEGIN CREATE ROLE {0} LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END$$;"
                  "GRANT SELECT ON t TO {0}",
                  "pgtandem_filtered"));
  legacy_->query_simple("ALTER TABLE t ENABLE ROW LEVEL SECURITY");
  const auto mark = mark_keys("t", {R"({"id":1})"});
  const auto superuser = legacy_conninfo_.find("user=postgres");
  ASSERT_NE(superuser, std::string::npos);
  legacy_conninfo_.replace(superuser, 13, "user=pgtandem_filtered");
  start();
  ASSERT_TRUE(eventually([&] { return !progress_of("t").error.empty(); }));
  EXPECT_EQ(log_->marks(partition_).at(0).id, mark);
  EXPECT_EQ(on_target("SELECT count(*) FROM t"), "1");
}

// Clients write all the time, each transaction recorded before it commits and decided after; some leave their
// record out and mark the key instead. Whatever the heals read in between, both sides end equal.
TEST_F(healer_on_servers, heals_under_traffic_end_equal) {
  on_both(
      "CREATE TABLE t (id int PRIMARY KEY, v int NOT NULL, pad text); INSERT INTO t SELECT i, 0, '' FROM"
      " generate_series(1, 40) i");
  const auto seed = std::random_device{}();
  SCOPED_TRACE(fmt::format("seed {}", seed));
  start(7);
  std::vector<std::thread> clients;
  for (unsigned n = 0; n < 4; ++n) {
    clients.emplace_back([this, n, seed] {
      std::mt19937 random(seed + n);
      client::connection c(legacy_conninfo_);
      for (int i = 0; i < 150; ++i) {
        const int id = static_cast<int>(random() % 60);
        const std::string key = fmt::format(R"({{"id":{}}})", id);
        const bool erase = random() % 3 == 0;
        const bool imaged = random() % 4 != 0;
        const bool commits = random() % 5 != 0;
        c.query_simple("BEGIN");
        const auto row = c.query_simple(erase ? fmt::format("DELETE FROM t WHERE id = {} RETURNING 1", id)
                                              : fmt::format("INSERT INTO t VALUES ({0}, 1, repeat('x', 100)) "
                                                            "ON CONFLICT (id) DO UPDATE SET v = t.v + 1"
                                                            " RETURNING row_to_json(t)",
                                                            id));
        std::optional<seq_t> seq;
        if (imaged && row.rows() > 0) {
          seq = prepare("t", {{0, erase ? change::op::remove : change::op::upsert, key,
                               erase ? "" : std::string(row.at(0, 0))}});
        }
        c.query_simple(commits ? "COMMIT" : "ROLLBACK");
        if (seq) log_->decide(*seq, commits ? outbox::decision::committed : outbox::decision::aborted);
        if (!imaged) random() % 8 == 0 ? mark_table("t") : mark_keys("t", {key});
      }
    });
  }
  for (auto& c : clients) c.join();
  wait_until_healed();
  expect_equal("t");
}

TEST_F(healer_on_servers, a_lookup_of_keys_uses_the_index) {
  legacy_->query_simple(
      "CREATE TABLE t (id bigint, tag varchar(20), v text, PRIMARY KEY (id, tag));"
      "INSERT INTO t SELECT i, 'tag' || i, repeat('x', 200) FROM generate_series(1, 20000) i; ANALYZE t");
  server_link link(legacy_conninfo_);
  const auto table = catalog::load_relations(link.get(), {{"public.t"}, {}}).at(0);
  const auto plan =
      link.get().query(fmt::format("EXPLAIN SELECT 1 FROM {} JOIN {} t ON {}", keys_recordset(table),
                                   from_relation(table), key_match(table, key_equalities(table, table))),
                       {R"([{"id":1,"tag":"tag1"}])"});
  std::string text;
  for (int i = 0; i < plan.rows(); ++i) text += std::string(plan.at(i, 0)) + "\n";
  EXPECT_NE(text.find("Index"), std::string::npos) << text;
  EXPECT_EQ(text.find("Seq Scan"), std::string::npos) << text;
}

TEST_F(healer_on_servers, blocks_are_read_each_once_under_both_forms_of_the_condition) {
  legacy_->query_simple(
      "CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t SELECT i, repeat('x', 300) FROM"
      " generate_series(1, 500) i; DELETE FROM t WHERE id % 3 = 0");
  const auto leaf = load_leaves(*legacy_, {"public", "t"}).at(0);
  ASSERT_GT(leaf.blocks, 10U);
  for (const int version : {130000, 150000}) {
    std::uint64_t rows = 0;
    for (std::uint64_t block = 0; block < leaf.blocks; block += 4) {
      rows += std::stoull(on_legacy("SELECT count(*) FROM t WHERE " +
                                    block_condition("t", block, std::min(block + 4, leaf.blocks), version)));
    }
    EXPECT_EQ(std::to_string(rows), on_legacy("SELECT count(*) FROM t")) << version;
  }
}

}  // namespace
}  // namespace pgtandem::reconciler
