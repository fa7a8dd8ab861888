// The drift report over two real servers.
#include "reconciler/compare/drift_report.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "protocol/catalog/image_sql.h"
#include "reconciler/compare/row_hash.h"
#include "reconciler/compare/table_compare.h"
#include "reconciler/server/pair_fixture.h"
#include "tests/support/pg_cluster.h"

namespace pgtandem::reconciler {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class drift_on_servers : public pair_fixture {
 protected:
  drift_on_servers() {
    options_.legacy = legacy_conninfo_;
    options_.target = target_conninfo_;
    options_.filter = {{"public.*"}, {}};
    options_.pass_fence = [this] {
      ++fences_;
      return std::string();
    };
    options_.marks_of = [](const change::table_name&) { return std::vector<std::string>(); };
  }
  table_report only_table() {
    const drift_report r = compare(options_);
    EXPECT_EQ(r.tables.size(), 1U);
    return r.tables.empty() ? table_report() : r.tables[0];
  }
  void rows_on_both(int rows) {
    on_both(fmt::format(
        "CREATE TABLE t (id int PRIMARY KEY, a text, b text, f float8); INSERT INTO t SELECT i, 'a' || i,"
        " NULLIF('b' || i % 5, 'b0'), i / 3.0 FROM generate_series(1, {}) i",
        rows));
  }
  drift_options options_;
  int fences_ = 0;
};

TEST_F(drift_on_servers, equal_tables_are_in_sync) {
  rows_on_both(5000);
  on_both("CREATE TABLE empty (id int PRIMARY KEY)");
  const drift_report r = compare(options_);
  ASSERT_EQ(r.tables.size(), 2U);
  EXPECT_EQ(r.exit_code(), 0) << to_text(r);
  EXPECT_EQ(r.tables[1].legacy_rows, 5000U);
  EXPECT_EQ(r.tables[1].target_rows, 5000U);
  EXPECT_EQ(r.tables[1].legacy_checksum, r.tables[1].target_checksum);
  EXPECT_GE(fences_, 2);
}

TEST_F(drift_on_servers, names_rows_that_differ_are_missing_or_too_many) {
  rows_on_both(2000);
  target_->query_simple(
      "UPDATE t SET a = 'planted', f = f + 1e-9 WHERE id = 7; DELETE FROM t WHERE id = 8;"
      "INSERT INTO t VALUES (3000, 'surplus', NULL, 0)");
  const table_report t = only_table();
  EXPECT_EQ(t.differing, 3U);
  EXPECT_EQ(t.legacy_rows, 2000U);
  EXPECT_EQ(t.target_rows, 2000U);
  EXPECT_NE(t.legacy_checksum, t.target_checksum);
  ASSERT_EQ(t.rows.size(), 3U);
  std::map<std::string, row_difference> rows;
  for (const auto& r : t.rows) rows[r.key] = r;
  const row_difference& differs = rows.at(R"({"id":7})");
  EXPECT_EQ(differs.what, row_difference::kind::differs);
  ASSERT_EQ(differs.columns.size(), 2U);
  EXPECT_EQ(differs.columns[0].column, "a");
  EXPECT_EQ(differs.columns[0].legacy, "a7");
  EXPECT_EQ(differs.columns[0].target, "planted");
  EXPECT_EQ(differs.columns[1].column, "f");
  EXPECT_EQ(rows.at(R"({"id":8})").what, row_difference::kind::missing_on_target);
  EXPECT_EQ(rows.at(R"({"id":3000})").what, row_difference::kind::surplus_on_target);
  EXPECT_THAT(t.undecidable, IsEmpty());
}

TEST_F(drift_on_servers, sees_null_against_empty_and_swapped_columns) {
  rows_on_both(10);
  target_->query_simple(
      "UPDATE t SET b = '' WHERE id = 5; UPDATE t SET a = b, b = a WHERE id IN (1, 2);"
      "UPDATE t SET a = CASE id WHEN 3 THEN 'a4' ELSE 'a3' END WHERE id IN (3, 4)");
  EXPECT_EQ(only_table().differing, 5U);
}

TEST_F(drift_on_servers, shows_the_first_hundred_and_counts_all) {
  rows_on_both(3000);
  target_->query_simple("UPDATE t SET a = 'wrong' WHERE id <= 2500");
  const table_report t = only_table();
  EXPECT_EQ(t.differing, 2500U);
  EXPECT_EQ(t.rows.size(), 100U);
}

TEST_F(drift_on_servers, equal_keys_of_different_text_are_one_row) {
  const char* ddl = "CREATE TABLE t (n numeric, c char(4), v int, PRIMARY KEY (n, c)); INSERT INTO t VALUES ";
  legacy_->query_simple(std::string(ddl) + "(1.50, 'a', 1), (100, 'b', 2)");
  target_->query_simple(std::string(ddl) + "(1.5, 'a', 1), (100.00, 'b', 3)");
  const table_report t = only_table();
  EXPECT_EQ(t.differing, 2U) << "1.50 is stored as 1.5";
  for (const auto& r : t.rows) EXPECT_EQ(r.what, row_difference::kind::differs) << r.key;
}

TEST_F(drift_on_servers, partition_roots_and_columns_in_another_order) {
  legacy_->query_simple(
      "CREATE TABLE p (k int PRIMARY KEY, v text) PARTITION BY HASH (k);"
      "CREATE TABLE p0 PARTITION OF p FOR VALUES WITH (MODULUS 2, REMAINDER 0);"
      "CREATE TABLE p1 PARTITION OF p FOR VALUES WITH (MODULUS 2, REMAINDER 1)");
  target_->query_simple("CREATE TABLE p (own int DEFAULT 5, v text, k int PRIMARY KEY)");
  on_both("INSERT INTO p (k, v) SELECT i, 'v' || i FROM generate_series(1, 100) i");
  const drift_report r = compare(options_);
  EXPECT_EQ(r.exit_code(), 0) << to_text(r);
}

TEST_F(drift_on_servers, rows_in_flight_are_not_drift) {
  rows_on_both(100);
  legacy_->query_simple(
      "UPDATE t SET a = 'new' WHERE id = 1; DELETE FROM t WHERE id = 2; INSERT INTO t VALUES (200)");
  // The target follows at the second fence: the first is passed before anything is read.
  options_.pass_fence = [this] {
    if (++fences_ == 2) {
      target_->query_simple(
          "UPDATE t SET a = 'new' WHERE id = 1; DELETE FROM t WHERE id = 2; INSERT INTO t VALUES (200)");
    }
    return std::string();
  };
  const drift_report r = compare(options_);
  EXPECT_EQ(r.exit_code(), 0) << to_text(r);
}

TEST_F(drift_on_servers, a_row_that_never_rests_is_in_flight) {
  rows_on_both(100);
  target_->query_simple("UPDATE t SET a = 'behind' WHERE id = 1");
  options_.pass_fence = [this] {
    legacy_->query_simple("UPDATE t SET a = a || 'x' WHERE id = 1");
    return std::string();
  };
  const drift_report r = compare(options_);
  EXPECT_EQ(r.exit_code(), 2) << to_text(r);
  EXPECT_THAT(r.tables.at(0).undecidable, ElementsAre(HasSubstr("1 rows differ but are in flight")));
}

TEST_F(drift_on_servers, marked_tables_cannot_be_told) {
  rows_on_both(10);
  target_->query_simple("DELETE FROM t WHERE id = 1");
  options_.marks_of = [](const change::table_name& t) {
    return std::vector<std::string>{t.name + " is marked"};
  };
  const drift_report r = compare(options_);
  EXPECT_EQ(r.exit_code(), 2);
  EXPECT_EQ(r.tables.at(0).differing, 0U);
  EXPECT_THAT(r.tables.at(0).undecidable, Contains("t is marked"));
}

TEST_F(drift_on_servers, what_cannot_be_compared_is_never_equal) {
  on_both("CREATE TABLE keyless (v int); CREATE TABLE typed (id int PRIMARY KEY)");
  target_->query_simple("ALTER TABLE typed ALTER id TYPE bigint");
  legacy_->query_simple("CREATE TABLE missing (id int PRIMARY KEY)");
  const drift_report r = compare(options_);
  EXPECT_EQ(r.exit_code(), 2);
  ASSERT_EQ(r.tables.size(), 3U);
  for (const auto& t : r.tables) EXPECT_EQ(t.undecidable.size(), 1U) << t.table.name;
}

TEST_F(drift_on_servers, without_a_fence_nothing_is_confirmed) {
  rows_on_both(10);
  options_.pass_fence = [] { return std::string("the daemon does not answer"); };
  const drift_report r = compare(options_);
  EXPECT_EQ(r.exit_code(), 2);
  EXPECT_THAT(r.tables.at(0).undecidable, ElementsAre("the daemon does not answer"));
  EXPECT_EQ(r.tables.at(0).legacy_rows, 10U);
}

TEST_F(drift_on_servers, one_table_only) {
  on_both("CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY)");
  legacy_->query_simple("INSERT INTO b VALUES (1)");
  options_.table = "a";
  EXPECT_EQ(compare(options_).exit_code(), 0);
  options_.table = "public.b";
  EXPECT_EQ(compare(options_).exit_code(), 1);
  options_.table = "c";
  const drift_report none = compare(options_);
  EXPECT_EQ(none.exit_code(), 2);
  EXPECT_THAT(none.trouble, ElementsAre(HasSubstr("c is not a table")));
}

TEST_F(drift_on_servers, an_unreachable_server_is_an_exception) {
  options_.target = "host=127.0.0.1 port=1 dbname=x user=x";
  EXPECT_THROW((void)compare(options_), client::pg_error);
}

TEST_F(drift_on_servers, both_hashes_agree_between_the_servers_and_find_the_same) {
  rows_on_both(500);
  target_->query_simple("UPDATE t SET a = 'x' WHERE id = 1");
  server_link legacy(legacy_conninfo_);
  server_link target(target_conninfo_);
  EXPECT_EQ(agree_on_hash(legacy.get(), target.get()), hash_form{});
  const auto here = catalog::load_relations(legacy.get(), options_.filter).at(0);
  const auto there = catalog::load_relations(target.get(), options_.filter).at(0);
  for (const hash_form form :
       {hash_form{false, false}, hash_form{true, false}, hash_form{false, true}, hash_form{true, true}}) {
    table_report report;
    table_compare(legacy, target, options_, form, here, there).run(report);
    EXPECT_EQ(report.differing, 1U) << form.md5 << form.utf8;
  }
}

TEST_F(drift_on_servers, servers_of_different_encodings) {
  auto& there = test_support::second_shared_cluster();
  const std::string name = "latin_" + std::to_string(target_->backend_pid());
  there.execute("postgres", "CREATE DATABASE " + name + " ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0");
  options_.target = there.conninfo(name);
  const char* sql =
      "SET client_encoding = 'UTF8'; CREATE TABLE t (id text PRIMARY KEY, v text);"
      "INSERT INTO t SELECT 'ü' || i, 'é' FROM generate_series(1, 50) i";
  legacy_->query_simple(sql);
  there.execute(name, sql);
  EXPECT_EQ(compare(options_).exit_code(), 0);
  there.execute(name, "SET client_encoding = 'UTF8'; UPDATE t SET v = 'è' WHERE id = 'ü7'");
  const table_report t = only_table();
  ASSERT_EQ(t.rows.size(), 1U);
  EXPECT_EQ(t.rows[0].key, R"({"id":"ü7"})");
  EXPECT_EQ(t.rows[0].columns.at(0).target, "è");
}

TEST_F(drift_on_servers, limits_bound_what_is_looked_at) {
  rows_on_both(400);
  target_->query_simple("DELETE FROM t");
  server_link legacy(legacy_conninfo_);
  server_link target(target_conninfo_);
  const auto here = catalog::load_relations(legacy.get(), options_.filter).at(0);
  const auto there = catalog::load_relations(target.get(), options_.filter).at(0);
  const compare_limits limits{
      .shown_rows = 3, .confirmed_rows = 50, .rows_in_memory = 60, .keys_per_confirmation = 10};
  table_report report;
  table_compare(legacy, target, options_, {}, here, there, limits).run(report);
  EXPECT_GT(report.differing, 50U);
  EXPECT_LT(report.differing, 400U);
  EXPECT_EQ(report.rows.size(), 3U);
  EXPECT_THAT(report.undecidable, ElementsAre(HasSubstr("more than 50 rows differ")));
}

}  // namespace
}  // namespace pgtandem::reconciler
