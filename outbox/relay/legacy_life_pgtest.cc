#include "outbox/relay/legacy_life.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <thread>

#include "protocol/client/connection.h"
#include "tests/support/pg_cluster.h"

namespace pgtandem::outbox {
namespace {

class life : public testing::Test {
 protected:
  // A WAL writer that sleeps: what no commit flushes stays unflushed.
  life()
      : cluster_({.fsync = false,
                  .settings = {{"wal_writer_delay", "10s"}, {"synchronous_commit", "off"}},
                  .hba = {}}) {}
  std::string conninfo(const std::string& user = "postgres") { return cluster_.conninfo("postgres", user); }
  test_support::pg_cluster cluster_;
};

TEST_F(life, stays_the_same_over_connections_and_changes_with_every_restart) {
  cluster_.execute("postgres", "CREATE ROLE watcher LOGIN; GRANT pg_monitor TO watcher");
  legacy_life first(conninfo("watcher"));
  const auto a = first.current();
  EXPECT_NE(a, "");
  EXPECT_EQ(legacy_life(conninfo("watcher")).current(), a);
  EXPECT_EQ(first.wait_flushed({}), a);

  cluster_.restart();
  const auto b = first.current();
  EXPECT_NE(b, a);
  cluster_.crash();
  cluster_.start();
  EXPECT_NE(first.current(), b);
}

// The postmaster lives on: only the checkpointer tells.
TEST_F(life, a_crash_of_one_backend_is_a_new_life) {
  legacy_life l(conninfo());
  const auto before = l.current();
  const auto postmaster = [&] {
    return std::string(
        client::connection(conninfo()).query_simple("SELECT pg_postmaster_start_time()").at(0, 0));
  };
  const auto started = postmaster();
  client::connection victim(conninfo());
  ::kill(victim.backend_pid(), SIGKILL);
  EXPECT_THROW(victim.query_simple("SELECT 1"), client::pg_error);
  auto after = before;
  while (after == before) after = l.wait_flushed({});  // the postmaster takes its time to notice
  EXPECT_EQ(postmaster(), started);
  EXPECT_EQ(l.current(), after);
}

TEST_F(life, without_the_right_to_see_the_checkpointer_each_connection_is_a_life) {
  cluster_.execute("postgres",
                   "CREATE ROLE plain LOGIN; REVOKE EXECUTE ON FUNCTION pg_control_system() FROM public");
  legacy_life l(conninfo("plain"));
  const auto before = l.current();
  EXPECT_NE(before, "");
  EXPECT_EQ(l.wait_flushed({}), before);
  EXPECT_NE(legacy_life(conninfo("plain")).current(), before);
}

TEST_F(life, waits_until_what_was_committed_before_is_flushed) {
  cluster_.execute("postgres", "CREATE TABLE t(a int)");
  legacy_life l(conninfo());
  (void)l.current();
  client::connection c(conninfo());
  c.query_simple("INSERT INTO t VALUES (1)");
  const auto inserted = c.query_simple("SELECT pg_current_wal_insert_lsn() - '0/0'").u64(0, 0);
  EXPECT_LT(c.query_simple("SELECT pg_current_wal_flush_lsn() - '0/0'").u64(0, 0), inserted);
  EXPECT_NE(l.wait_flushed({}), "");
  EXPECT_GE(c.query_simple("SELECT pg_current_wal_flush_lsn() - '0/0'").u64(0, 0), inserted);
}

TEST_F(life, comes_back_with_legacy_and_ends_with_stop) {
  legacy_life l(conninfo());
  const auto before = l.current();
  cluster_.stop();
  EXPECT_EQ(l.current(), before);
  std::stop_source stop;
  std::string found;
  {
    std::jthread waiter([&] { found = l.wait_flushed({}); });
    cluster_.start();
  }
  EXPECT_NE(found, "");
  EXPECT_NE(found, before);
  cluster_.freeze();
  {
    std::jthread waiter([&] { found = l.wait_flushed(stop.get_token()); });
    stop.request_stop();
  }
  EXPECT_EQ(found, "");
  cluster_.thaw();
}

TEST_F(life, is_unknown_while_legacy_was_never_reached) {
  legacy_life l("host=/nonexistent");
  EXPECT_EQ(l.current(), "");
}

}  // namespace
}  // namespace pgtandem::outbox
