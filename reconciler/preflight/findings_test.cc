#include "reconciler/preflight/findings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pgtandem::reconciler {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

auto finds(severity level, const std::string& problem) {
  return AllOf(Field(&finding::level, level), Field(&finding::problem, HasSubstr(problem)));
}

server_facts good_server() {
  server_facts f;
  f.version = 150004;
  f.role = "tandem";
  f.database = "app";
  f.encoding = "UTF8";
  f.may_terminate = f.may_monitor = f.may_create = f.may_replicate_role = true;
  f.open_lines.emplace();
  return f;
}

catalog::relation good_table() {
  catalog::relation r;
  r.name = {"public", "t"};
  r.columns.push_back({.name = "id", .type = "integer", .not_null = true});
  r.key.push_back({});
  return r;
}

table_facts good_facts() {
  table_facts f;
  f.schema_usage = f.may_select = f.may_insert = f.may_update = f.may_delete = true;
  f.unique["id"] = "t_pkey";
  return f;
}

table_pair good_pair() {
  return {good_table(), good_facts(), good_table(), good_facts()};
}

std::vector<finding> judged(const table_pair& p, bool expected) {
  bool mirrored = !expected;
  auto out = judge_table(p, mirrored);
  EXPECT_EQ(mirrored, expected);
  return out;
}

TEST(judge_legacy_endpoint, encryption_is_refused_and_a_socket_needs_an_opt_in) {
  client::endpoint e;
  e.host = "db";
  for (const char* mode : {"require", "verify-ca", "verify-full"}) {
    e.sslmode = mode;
    EXPECT_THAT(judge_legacy_endpoint(e, true), ElementsAre(finds(severity::refusal, "not encrypted yet")))
        << mode;
  }
  e.sslmode = "prefer";
  EXPECT_THAT(judge_legacy_endpoint(e, false), IsEmpty());
  e.host = "/var/run/postgresql";
  EXPECT_THAT(judge_legacy_endpoint(e, false), ElementsAre(finds(severity::refusal, "Unix socket")));
  EXPECT_THAT(judge_legacy_endpoint(e, true), IsEmpty());
}

TEST(judge_server, nothing_to_say_of_a_good_one) {
  EXPECT_THAT(judge_server(server_side::legacy, good_server()), IsEmpty());
  EXPECT_THAT(judge_server(server_side::target, good_server()), IsEmpty());
}

TEST(judge_server, versions_recovery_and_encoding) {
  auto f = good_server();
  f.version = 110005;
  EXPECT_THAT(judge_server(server_side::legacy, f), ElementsAre(finds(severity::refusal, "PostgreSQL 11")));
  f.version = 120000;
  f.in_recovery = true;
  f.encoding = "SQL_ASCII";
  EXPECT_THAT(judge_server(server_side::legacy, f),
              ElementsAre(finds(severity::refusal, "in recovery"), finds(severity::refusal, "SQL_ASCII")));
  f.in_recovery = false;
  f.encoding = "LATIN1";
  EXPECT_THAT(judge_server(server_side::target, f), ElementsAre(finds(severity::limit, "LATIN1")));
}

TEST(judge_server, missing_rights_come_with_their_grants) {
  auto f = good_server();
  f.may_terminate = f.may_monitor = f.may_create = f.may_replicate_role = false;
  EXPECT_THAT(judge_server(server_side::legacy, f),
              ElementsAre(Field(&finding::remedy, "GRANT pg_signal_backend TO \"tandem\";"),
                          Field(&finding::remedy, "GRANT pg_monitor TO \"tandem\";")));
  EXPECT_THAT(
      judge_server(server_side::target, f),
      ElementsAre(Field(&finding::remedy, "GRANT CREATE ON DATABASE \"app\" TO \"tandem\";"),
                  Field(&finding::remedy, "GRANT SET ON PARAMETER session_replication_role TO \"tandem\";")));
  f.version = 140000;
  EXPECT_THAT(judge_server(server_side::target, f),
              Contains(Field(&finding::remedy, "ALTER ROLE \"tandem\" SUPERUSER;")));
}

TEST(judge_open_lines, refused_unless_trust_is_allowed_and_unknown_if_not_seen) {
  auto f = good_server();
  f.open_lines->push_back({7, "host address all method trust"});
  EXPECT_THAT(judge_open_lines(f, false), ElementsAre(finds(severity::refusal, "line 7")));
  EXPECT_THAT(judge_open_lines(f, true), IsEmpty());
  f.open_lines.reset();
  EXPECT_THAT(judge_open_lines(f, false), ElementsAre(finds(severity::info, "cannot be seen")));
}

TEST(judge_pair, the_same_database_twice) {
  auto f = good_server();
  f.life = "1 now";
  EXPECT_THAT(judge_pair(f, f), ElementsAre(finds(severity::refusal, "same database")));
  auto other = f;
  other.life = "2 now";
  other.time_zone = "Europe/Paris";
  EXPECT_THAT(judge_pair(f, other), ElementsAre(finds(severity::info, "TimeZone")));
}

TEST(judge_table, a_good_one) {
  EXPECT_THAT(judged(good_pair(), true), IsEmpty());
}

TEST(judge_table, refusals) {
  auto p = good_pair();
  p.legacy.key.clear();
  p.legacy.refusals = {"it has no usable key"};
  EXPECT_THAT(judged(p, false), ElementsAre(AllOf(finds(severity::refusal, "no usable key"),
                                                  Field(&finding::remedy, HasSubstr("ADD PRIMARY KEY")))));
  p = good_pair();
  p.target.reset();
  EXPECT_THAT(judged(p, false), ElementsAre(finds(severity::refusal, "no such table")));
  p = good_pair();
  p.target->columns[0].type = "bigint";
  EXPECT_THAT(judged(p, false), ElementsAre(finds(severity::refusal, "type")));
  p = good_pair();
  p.legacy_facts.filtered = true;
  EXPECT_THAT(judged(p, false), ElementsAre(finds(severity::refusal, "row security hides")));
}

TEST(judge_table, limits_are_named_and_do_not_refuse) {
  auto p = good_pair();
  p.legacy.has_user_triggers = p.legacy.has_deferrable_triggers = p.legacy.has_rules = true;
  p.legacy.has_row_security = p.legacy.has_inheritance_children = true;
  p.legacy.cascades.emplace_back();
  p.legacy_facts.unlogged = true;
  p.legacy_facts.triggers = {{"stamp", 'O'}, {"audit", 'A'}};
  p.target_facts.triggers = {{"stamp", 'O'}, {"audit", 'A'}};
  p.target_facts.deferrable = {"t_late"};
  p.target_facts.unique["lower(name)"] = "t_name";
  const auto out = judged(p, true);
  EXPECT_THAT(out, SizeIs(11));
  for (const char* problem : {"user triggers (stamp, audit)", "deferrable triggers", "rules", "row security",
                              "cascade", "inheritance", "unlogged", "do not fire for mirrored rows: stamp",
                              "fire for mirrored rows too: audit", "t_late", "t_name"}) {
    EXPECT_THAT(out, Contains(finds(severity::limit, problem))) << problem;
  }
}

TEST(judge_rights, one_grant_for_all_tables_that_lack_the_same) {
  auto a = good_pair();
  auto b = good_pair();
  b.legacy.name.name = b.target->name.name = "odd \"t";
  for (table_pair* p : {&a, &b}) {
    p->legacy_facts.may_select = false;
    p->target_facts.may_insert = p->target_facts.may_delete = false;
    p->target_facts.schema_usage = false;
  }
  EXPECT_THAT(
      judge_rights({a, b}, good_server(), good_server()),
      ElementsAre(Field(&finding::remedy, R"(GRANT SELECT ON "public"."t", "public"."odd ""t" TO "tandem";)"),
                  Field(&finding::remedy, R"(GRANT USAGE ON SCHEMA "public" TO "tandem";)"),
                  Field(&finding::remedy,
                        R"(GRANT INSERT, DELETE ON "public"."t", "public"."odd ""t" TO "tandem";)")));
}

TEST(preflight_text, refusals_first_then_limits_then_information) {
  preflight_report r;
  r.findings = {{severity::info, "legacy", "an info", ""},
                {severity::limit, "public.t", "a limit", "live with it"},
                {severity::refusal, "target", "a refusal", "GRANT it;"}};
  r.mirrored = {good_table()};
  EXPECT_FALSE(r.ok());
  EXPECT_EQ(to_text(r, "app"),
            "database app\n"
            "refused  target: a refusal\n"
            "           -> GRANT it;\n"
            "limit    public.t: a limit\n"
            "           -> live with it\n"
            "info     legacy: an info\n"
            "1 table can be mirrored, but something is refused\n");
  r.findings.pop_back();
  EXPECT_TRUE(r.ok());
  EXPECT_THAT(to_text(r, "app"), HasSubstr("\n1 table can be mirrored\n"));
}

}  // namespace
}  // namespace pgtandem::reconciler
