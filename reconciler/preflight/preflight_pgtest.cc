// The preflight against two real servers.
#include "reconciler/preflight/preflight.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "reconciler/server/pair_fixture.h"
#include "tests/support/pg_cluster.h"

namespace pgtandem::reconciler {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Each;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::Not;

auto finds(severity level, const std::string& subject, const std::string& problem) {
  return AllOf(Field(&finding::level, level), Field(&finding::subject, subject),
               Field(&finding::problem, HasSubstr(problem)));
}

class preflight_on_servers : public pair_fixture {
 protected:
  preflight_on_servers() {
    options_.database = "app";
    options_.legacy = legacy_conninfo_;
    options_.target = target_conninfo_;
    options_.filter = {{"public.*"}, {}};
    options_.allow_trust = true;
  }
  // The own role is a fresh one without any right but to log in.
  void as_plain_role() {
    on_both("DO $$BEGIN CREATE ROLE \"Plain role\" LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END$$");
    for (std::string* conninfo : {&options_.legacy, &options_.target}) {
      const auto at = conninfo->find("user=postgres");
      ASSERT_NE(at, std::string::npos);
      conninfo->replace(at, 13, "user='Plain role'");
    }
  }
  preflight_options options_;
};

TEST_F(preflight_on_servers, good_servers_and_tables) {
  on_both("CREATE TABLE t (id int PRIMARY KEY, v text); CREATE TABLE u (id int PRIMARY KEY)");
  const auto report = check(options_);
  EXPECT_TRUE(report.ok()) << to_text(report, "app");
  EXPECT_EQ(report.mirrored.size(), 2U);
}

TEST_F(preflight_on_servers, its_grants_are_enough) {
  on_both(
      "CREATE TABLE t (id int PRIMARY KEY, v text); CREATE SCHEMA s; CREATE TABLE s.p (id int PRIMARY KEY)"
      " PARTITION BY RANGE (id); CREATE TABLE s.p1 PARTITION OF s.p DEFAULT");
  options_.filter = {{"*.*"}, {}};
  as_plain_role();
  const auto before = check(options_);
  EXPECT_FALSE(before.ok());
  for (const finding& f : before.findings) {
    if (f.level != severity::refusal) continue;
    ASSERT_THAT(f.remedy, HasSubstr("GRANT"));
    (f.subject == "legacy" ? *legacy_ : *target_).query_simple(f.remedy);
  }
  // A grant on a partition root does not reach its leaves, which are read one by one.
  on_both("GRANT SELECT, INSERT, UPDATE, DELETE ON s.p1 TO \"Plain role\"");
  const auto after = check(options_);
  EXPECT_TRUE(after.ok()) << to_text(after, "app");
  EXPECT_EQ(after.mirrored.size(), 2U);
  on_both("DROP OWNED BY \"Plain role\"; REVOKE pg_monitor, pg_signal_backend FROM \"Plain role\"");
}

TEST_F(preflight_on_servers, changes_nothing) {
  on_both("CREATE TABLE t (id int PRIMARY KEY)");
  (void)check(options_);
  EXPECT_EQ(on_target("SELECT count(*) FROM pg_namespace WHERE nspname = 'pgtandem'"), "0");
  EXPECT_EQ(on_target("SHOW session_replication_role"), "origin");
}

TEST_F(preflight_on_servers, unreachable_servers_are_findings) {
  options_.legacy = "host=127.0.0.1 port=1 dbname=x user=x";
  const auto report = check(options_);
  EXPECT_FALSE(report.ok());
  EXPECT_THAT(report.findings, Contains(finds(severity::refusal, "legacy", "cannot be asked")));
  options_.legacy = "no conninfo";
  EXPECT_FALSE(check(options_).ok());
}

TEST_F(preflight_on_servers, tables_that_cannot_be_mirrored_or_only_with_limits) {
  on_both(
      "CREATE TABLE fine (id int PRIMARY KEY); CREATE TABLE keyless (v int);"
      "CREATE TABLE typed (id int PRIMARY KEY); CREATE TABLE trig (id int PRIMARY KEY, n int);"
      "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';"
      "CREATE TRIGGER stamp BEFORE INSERT ON trig FOR EACH ROW EXECUTE FUNCTION f();"
      "CREATE TABLE child (id int PRIMARY KEY, p int REFERENCES fine ON DELETE CASCADE)");
  legacy_->query_simple("CREATE TABLE missing (id int PRIMARY KEY)");
  target_->query_simple(
      "ALTER TABLE typed ALTER id TYPE bigint; CREATE UNIQUE INDEX extra ON trig (n);"
      "ALTER TABLE child ADD CONSTRAINT late UNIQUE (p) DEFERRABLE;"
      "ALTER TABLE trig ENABLE ALWAYS TRIGGER stamp");
  const auto report = check(options_);
  const auto& all = report.findings;
  EXPECT_THAT(all, Contains(finds(severity::refusal, "public.keyless", "no usable key")));
  EXPECT_THAT(all, Contains(finds(severity::refusal, "public.typed", "type")));
  EXPECT_THAT(all, Contains(finds(severity::refusal, "public.missing", "no such table")));
  EXPECT_THAT(all, Contains(finds(severity::limit, "public.trig", "user triggers (stamp)")));
  EXPECT_THAT(all, Contains(finds(severity::limit, "public.trig", "fire for mirrored rows too: stamp")));
  EXPECT_THAT(all, Contains(finds(severity::limit, "public.trig", "unique index extra")));
  EXPECT_THAT(all, Contains(finds(severity::limit, "public.child", "late")));
  EXPECT_THAT(all, Contains(finds(severity::limit, "public.fine", "cascade")));
  EXPECT_EQ(report.mirrored.size(), 3U);
}

TEST_F(preflight_on_servers, trust_lines_and_sockets_need_the_opt_in) {
  on_both("CREATE TABLE t (id int PRIMARY KEY)");
  options_.allow_trust = false;
  EXPECT_THAT(check(options_).findings, Contains(finds(severity::refusal, "legacy", "pg_hba.conf line")));

  test_support::cluster_options by_password;
  by_password.hba = {"local all all trust", "host all postgres 10.0.0.0/8 trust",
                     "host all all 127.0.0.1/32 scram-sha-256"};
  test_support::pg_cluster strict(by_password);
  client::connection(strict.unix_conninfo("postgres")).query_simple("CREATE DATABASE app");
  client::connection admin(strict.unix_conninfo("app"));
  admin.query_simple("ALTER ROLE postgres PASSWORD 'secret'; CREATE TABLE t (id int PRIMARY KEY)");
  options_.legacy = strict.conninfo("app") + " password=secret";
  const auto by_tcp = check(options_);
  EXPECT_TRUE(by_tcp.ok()) << to_text(by_tcp, "app");
  options_.legacy = strict.unix_conninfo("app");
  EXPECT_THAT(check(options_).findings, Contains(finds(severity::refusal, "legacy", "Unix socket")));
}

TEST_F(preflight_on_servers, the_same_database_on_both_sides) {
  on_both("CREATE TABLE t (id int PRIMARY KEY)");
  options_.target = options_.legacy;
  EXPECT_THAT(check(options_).findings, Contains(finds(severity::refusal, "target", "same database")));
}

}  // namespace
}  // namespace pgtandem::reconciler
