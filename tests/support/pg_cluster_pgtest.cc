#include "tests/support/pg_cluster.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "protocol/client/connection.h"

namespace pgtandem::test_support {
namespace {

TEST(pg_cluster, keeps_its_data_and_port_over_stop_and_crash) {
  pg_cluster cluster;
  const int port = cluster.port();
  cluster.execute("postgres", "CREATE TABLE t AS SELECT 1 AS a");
  cluster.restart();
  cluster.execute("postgres", "INSERT INTO t VALUES (2)");
  cluster.crash();
  EXPECT_FALSE(cluster.running());
  EXPECT_THROW(client::connection{cluster.conninfo("postgres")}, client::pg_error);
  cluster.start();
  EXPECT_EQ(cluster.port(), port);
  client::connection c(cluster.unix_conninfo("postgres"));
  EXPECT_EQ(c.query("SELECT sum(a) FROM t").at(0, 0), "3");
}

TEST(pg_cluster, leaves_nothing_behind) {
  std::string directory;
  {
    pg_cluster cluster;
    directory = cluster.socket_directory();
    EXPECT_TRUE(std::filesystem::exists(directory));
  }
  EXPECT_FALSE(std::filesystem::exists(directory));
}

// A test that dies must not leave servers running either.
TEST(pg_cluster, is_removed_when_its_owner_is_killed) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const pid_t owner = ::fork();
  ASSERT_GE(owner, 0);
  if (owner == 0) {
    pg_cluster cluster;
    const std::string directory = cluster.socket_directory();
    if (::write(ends[1], directory.data(), directory.size()) < 0) ::_exit(1);
    ::pause();
    ::_exit(0);
  }
  ::close(ends[1]);
  char buffer[200];
  const auto n = ::read(ends[0], buffer, sizeof buffer);
  ASSERT_GT(n, 0);
  const std::string directory(buffer, static_cast<std::size_t>(n));
  EXPECT_TRUE(std::filesystem::exists(directory));
  ::kill(owner, SIGKILL);
  ::waitpid(owner, nullptr, 0);
  while (std::filesystem::exists(directory)) ::usleep(10'000);  // for ever if it fails: the test's time-out
}

TEST(pg_cluster, applies_settings_and_names_databases) {
  pg_cluster cluster({.fsync = true, .settings = {{"max_prepared_transactions", "7"}}, .hba = {}});
  const auto first = cluster.fresh_database();
  EXPECT_NE(first, cluster.fresh_database());
  client::connection c(cluster.conninfo(first));
  EXPECT_EQ(c.query("SHOW max_prepared_transactions").at(0, 0), "7");
  EXPECT_EQ(c.query("SHOW fsync").at(0, 0), "on");
}

}  // namespace
}  // namespace pgtandem::test_support
