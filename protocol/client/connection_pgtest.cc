#include "protocol/client/connection.h"

#include <gtest/gtest.h>

#include <thread>

#include "tests/support/pg_cluster.h"

namespace pgtandem::client {
namespace {

std::string conninfo() {
  return test_support::shared_cluster().conninfo("postgres");
}

TEST(connection, returns_rows_nulls_and_counts) {
  connection c(conninfo());
  const auto r = c.query("SELECT $1::int8, NULL, true, 'x'", {"42"});
  ASSERT_EQ(r.rows(), 1);
  EXPECT_EQ(r.columns(), 4);
  EXPECT_EQ(r.u64(0, 0), 42U);
  EXPECT_TRUE(r.is_null(0, 1));
  EXPECT_TRUE(r.boolean(0, 2));
  EXPECT_EQ(r.at(0, 3), "x");
  const auto made = c.query_simple("CREATE TEMP TABLE t(a int); INSERT INTO t VALUES (1), (2)");
  EXPECT_EQ(made.affected(), 2U);
  EXPECT_EQ(c.query("SELECT $1::text IS NULL", {parameter()}).at(0, 0), "t");
}

TEST(connection, introduces_itself_and_speaks_utf8) {
  connection c(conninfo() + " client_encoding=LATIN1");
  EXPECT_EQ(c.query("SELECT current_setting('application_name')").at(0, 0), "pgtandem");
  EXPECT_EQ(c.query("SHOW client_encoding").at(0, 0), "UTF8");
  EXPECT_GE(c.server_version(), 120000);
  EXPECT_EQ(c.query("SELECT pg_backend_pid()").u64(0, 0), static_cast<std::uint64_t>(c.backend_pid()));
}

TEST(connection, reports_sqlstate_and_constraint_but_no_row) {
  connection c(conninfo());
  c.query("CREATE TEMP TABLE u(a text CONSTRAINT only_once UNIQUE)");
  c.query("INSERT INTO u VALUES ('secret')");
  try {
    c.query("INSERT INTO u VALUES ($1)", {"secret"});
    FAIL();
  } catch (const pg_error& e) {
    EXPECT_EQ(e.sqlstate(), "23505");
    EXPECT_EQ(e.constraint(), "only_once");
    EXPECT_FALSE(e.connection_lost());
    EXPECT_EQ(std::string(e.what()).find("secret"), std::string::npos);
  }
  EXPECT_TRUE(c.alive());
  EXPECT_EQ(c.query("SELECT 1").rows(), 1);
}

TEST(connection, a_pipeline_is_one_transaction) {
  connection c(conninfo());
  c.query("CREATE TEMP TABLE p(a int PRIMARY KEY)");
  const auto ok = c.pipeline({{"INSERT INTO p VALUES ($1)", {"1"}}, {"SELECT count(*) FROM p", {}}});
  ASSERT_EQ(ok.size(), 2U);
  EXPECT_EQ(ok[0].affected(), 1U);
  EXPECT_EQ(ok[1].u64(0, 0), 1U);
  try {
    c.pipeline({{"INSERT INTO p VALUES (2)", {}}, {"INSERT INTO p VALUES (1)", {}}, {"SELECT 1", {}}});
    FAIL();
  } catch (const pg_error& e) {
    EXPECT_EQ(e.sqlstate(), "23505");
    EXPECT_EQ(e.statement(), 1U);
  }
  EXPECT_EQ(c.query("SELECT count(*) FROM p").u64(0, 0), 1U);
  EXPECT_TRUE(c.pipeline({}).empty());
}

TEST(connection, a_pipeline_with_large_traffic_both_ways_does_not_block) {
  connection c(conninfo());
  const std::string large(8 << 20, 'x');
  std::vector<connection::statement> statements(6, {"SELECT $1::text", {large}});
  const auto results = c.pipeline(statements);
  ASSERT_EQ(results.size(), 6U);
  for (const auto& r : results) EXPECT_EQ(r.at(0, 0).size(), large.size());
}

TEST(connection, a_terminated_backend_is_a_lost_connection) {
  connection victim(conninfo());
  connection other(conninfo());
  other.query("SELECT pg_terminate_backend($1::int4, 10000)", {std::to_string(victim.backend_pid())});
  try {
    victim.pipeline({{"SELECT 1", {}}});
    FAIL();
  } catch (const pg_error& e) {
    EXPECT_TRUE(e.retryable());
  }
  EXPECT_FALSE(victim.alive());
  EXPECT_THROW(victim.query("SELECT 1"), pg_error);
}

TEST(connection, notices_an_idle_connection_that_was_closed) {
  connection victim(conninfo());
  connection other(conninfo());
  EXPECT_TRUE(victim.still_open());
  other.query("SELECT pg_terminate_backend($1::int4, 10000)", {std::to_string(victim.backend_pid())});
  while (victim.still_open()) {
  }
  EXPECT_FALSE(victim.alive());
}

TEST(connection, another_thread_can_cancel_and_abandon) {
  connection c(conninfo());
  connection watch(conninfo());
  const auto when_asleep = [&](auto action) {
    return std::jthread([&watch, &c, action] {
      const auto pid = std::to_string(c.backend_pid());
      while (
          watch.query("SELECT 1 FROM pg_stat_activity WHERE pid = $1::int4 AND wait_event = 'PgSleep'", {pid})
              .rows() == 0) {
      }
      action();
    });
  };
  try {
    const auto t = when_asleep([&] { c.cancel(); });
    c.query("SELECT pg_sleep(600)");
    FAIL();
  } catch (const pg_error& e) {
    EXPECT_EQ(e.sqlstate(), "57014");
  }
  try {
    const auto t = when_asleep([&] { c.abandon(); });
    c.query("SELECT pg_sleep(600)");
    FAIL();
  } catch (const pg_error& e) {
    EXPECT_TRUE(e.connection_lost());
  }
}

}  // namespace
}  // namespace pgtandem::client
