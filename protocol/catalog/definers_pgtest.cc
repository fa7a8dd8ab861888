#include "protocol/catalog/definers.h"

#include <gtest/gtest.h>

#include <vector>

#include "tests/support/pg_cluster.h"

namespace pgtandem::catalog {
namespace {

class definers_pgtest : public testing::Test {
 protected:
  definers_pgtest()
      : c_(test_support::shared_cluster().conninfo(test_support::shared_cluster().fresh_database())) {}
  // Its transaction.
  std::uint32_t define(const std::string& sql) {
    c_.query_simple("BEGIN");
    const auto xid = c_.query("SELECT txid_current()").u64(0, 0);
    c_.query_simple(sql + "; COMMIT");
    return static_cast<std::uint32_t>(xid);
  }
  client::connection c_;
};

TEST_F(definers_pgtest, what_was_defined_before_counts_no_more) {
  define("CREATE FUNCTION f(int) RETURNS int LANGUAGE sql AS 'SELECT 1'");
  const auto since = next_definer(c_);
  define("CREATE TABLE t (id int); INSERT INTO t VALUES (1)");
  const auto who = definers_since(c_, since, {});
  EXPECT_FALSE(who.seen);
  EXPECT_FALSE(who.others);
}

TEST_F(definers_pgtest, those_that_were_seen_are_told_from_others) {
  for (const char* sql :
       {"CREATE FUNCTION f(int) RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE OR REPLACE FUNCTION f(int) RETURNS int LANGUAGE sql AS 'SELECT 2'",
        "CREATE OPERATOR +^ (RIGHTARG = int, FUNCTION = f)", "CREATE DOMAIN d AS int",
        "ALTER DOMAIN d ADD CHECK (f(VALUE) = 2)", "CREATE VIEW v AS SELECT f(1)",
        "CREATE TABLE t (id int DEFAULT f(1))", "ALTER TABLE t ADD c d", "CREATE INDEX ON t ((id + 1))",
        "ALTER TABLE t ADD CHECK (id > 0)", "CREATE POLICY p ON t USING (f(1) = 2)",
        "ALTER TABLE t ENABLE ROW LEVEL SECURITY"}) {
    const auto since = next_definer(c_);
    const std::vector<std::uint32_t> seen{define(sql)};
    const auto mine = definers_since(c_, since, seen);
    EXPECT_TRUE(mine.seen && !mine.others) << sql;
    const auto others = definers_since(c_, since, {});
    EXPECT_TRUE(!others.seen && others.others) << sql;
  }
}

}  // namespace
}  // namespace pgtandem::catalog
