// The real binary: exit codes, and what goes to stdout and stderr. The daemon it talks to is made up.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "proxy/admin/admin_json.h"
#include "proxy/admin/fake_source_testing.h"
#include "proxy/cli/program_testing.h"
#include "proxy/config/config_file_testing.h"

namespace pgtandem::proxy {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

// Both servers are unreachable: nobody listens on port 1 or 2.
std::string config_text(std::uint16_t admin_port) {
  return "admin: { listen: 127.0.0.1:" + std::to_string(admin_port) +
         " }\n"
         "databases:\n"
         "  app:\n"
         "    legacy: host=127.0.0.1 port=1 dbname=app connect_timeout=2\n"
         "    target: host=127.0.0.1 port=2 dbname=app connect_timeout=2\n";
}

TEST(binary, version_and_help) {
  const program_result version = run_program({"--version"});
  EXPECT_EQ(version.exit_code, 0);
  EXPECT_EQ(version.out, "pgtandem 0.1.0\n");
  EXPECT_EQ(run_program({"--help"}).exit_code, 0);
  EXPECT_EQ(run_program({"drift-report", "--help"}).exit_code, 0);
}

TEST(binary, usage_errors_exit_64) {
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           {}, {"nonsense"}, {"serve"}, {"status", "-c"}, {"heal", "-c", "f", "--table", "t"}, {"--bad"}}) {
    const program_result r = run_program(words);
    EXPECT_EQ(r.exit_code, 64) << testing::PrintToString(words);
    EXPECT_EQ(r.out, "");
    EXPECT_THAT(r.err, StartsWith("pgtandem: "));
  }
}

TEST(binary, configuration_errors_exit_78_in_every_command) {
  const config_file wrong("lisen: 127.0.0.1:1\n");
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"serve"},
                                             {"serve", "--supervise"},
                                             {"check"},
                                             {"status"},
                                             {"wait"},
                                             {"drift-report"},
                                             {"heal", "--table", "t", "--all"}}) {
    std::vector<std::string> missing = words, broken = words;
    missing.insert(missing.end(), {"-c", "/nowhere/pgtandem.yaml"});
    broken.insert(broken.end(), {"-c", wrong.path()});
    EXPECT_EQ(run_program(missing).exit_code, 78) << words[0];
    const program_result r = run_program(broken);
    EXPECT_EQ(r.exit_code, 78) << words[0];
    EXPECT_EQ(r.out, "");
    EXPECT_EQ(r.err, "pgtandem: " + wrong.path() + ":1: unknown key \"lisen\", did you mean \"listen\"?\n");
  }
}

TEST(binary, without_a_daemon_2) {
  const config_file file(config_text(3));
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"status"},
                                             {"marks", "list"},
                                             {"parked", "list"},
                                             {"parked", "retry"},
                                             {"wait", "--timeout", "1s"},
                                             {"drift-report"},
                                             {"heal", "--table", "t", "--all"}}) {
    std::vector<std::string> all = words;
    all.insert(all.end(), {"-c", file.path()});
    const program_result r = run_program(all);
    EXPECT_EQ(r.exit_code, 2) << words[0];
    EXPECT_THAT(r.out + r.err, HasSubstr("no daemon answers at 127.0.0.1:3")) << words[0];
  }
}

TEST(binary, check_names_servers_that_cannot_be_reached) {
  const config_file file(config_text(3));
  const program_result r = run_program({"check", "-c", file.path()});
  EXPECT_EQ(r.exit_code, 1);
  EXPECT_NE(r.out, "");
}

// With a daemon whose answers are made up.
class binary_with_daemon : public testing::Test {
 protected:
  binary_with_daemon() {
    source_.status_.databases.resize(1);
    database().error = "";
    database().marks = {};
    database().parked = {};
    source_.fence_ = {117, {}};
  }
  database_status& database() { return source_.status_.databases[0]; }
  program_result run(std::vector<std::string> words) {
    words.insert(words.end(), {"-c", file_.path()});
    return run_program(words);
  }

  fake_source source_;
  admin_server server_{{"127.0.0.1", 0}, source_};
  config_file file_{config_text(server_.port())};
};

TEST_F(binary_with_daemon, status) {
  const program_result text = run({"status"});
  EXPECT_EQ(text.exit_code, 0) << text.err;
  EXPECT_THAT(text.out, HasSubstr("database app: "));
  const program_result json = run({"status", "--json", "--database", "app"});
  EXPECT_EQ(json.exit_code, 0);
  EXPECT_EQ(json.out, to_json(source_.status_) + "\n");
  EXPECT_EQ(run({"status", "--database", "other"}).exit_code, 64);
}

TEST_F(binary_with_daemon, marks_list) {
  database().marks = {{7, "public.a", "keys", 3, "commit in doubt", true, 0, 1'700'000'000'000, 0},
                      {9, "public.b", "table", 0, "COPY is not imaged", false, 4711, 1'700'000'001'000, 12}};
  EXPECT_EQ(run({"marks", "list"}).out,
            "database app: 2 open\n"
            "  7 public.a (3 keys): commit in doubt, to be healed, since 2023-11-14 22:13:20 UTC\n"
            "  9 public.b (whole table): COPY is not imaged, backend 4711 of legacy may still write, "
            "since 2023-11-14 22:13:21 UTC; and 12 later ones\n");
  const program_result json = run({"marks", "list", "--table", "b", "--json"});
  EXPECT_EQ(json.exit_code, 0);
  EXPECT_EQ(
      json.out,
      R"({"databases":[{"name":"app","marks":[{"id":9,"table":"public.b","scope":"table","keys":0,)"
      R"("reason":"COPY is not imaged","ripe":false,"backend_pid":4711,"created_unix_ms":1700000001000,"merged":12}]}]})"
      "\n");
  EXPECT_EQ(run({"marks", "list", "--database", "other"}).exit_code, 64);
}

TEST_F(binary_with_daemon, parked_list_and_retry) {
  database().parked = {
      {3, "public.a", R"({"id":5})", 90, "23505", "duplicate key", R"({"id":9})", 1'700'000'000'000, 2},
      {4, "public.b", R"({"id":6})", 91, "22001", "too long", "", 1'700'000'000'000, 1}};
  EXPECT_EQ(
      run({"parked", "list"}).out,
      "database app: 2 parked\n"
      "  public.a {\"id\":5}: duplicate key [23505], in the way is {\"id\":9}, 2 attempts, since 2023-11-14 "
      "22:13:20 UTC\n"
      "  public.b {\"id\":6}: too long [22001], 1 attempts, since 2023-11-14 22:13:20 UTC\n");
  const program_result json = run({"parked", "list", "--table", "b", "--json"});
  EXPECT_EQ(json.exit_code, 0);
  EXPECT_EQ(
      json.out,
      R"j({"databases":[{"name":"app","parked":[{"id":4,"table":"public.b","key":"{\"id\":6}","seq":91,)j"
      R"("sqlstate":"22001","reason":"too long","in_the_way":"","since_unix_ms":1700000000000,"attempts":1}]}]})"
      "\n");
  EXPECT_EQ(run({"status"}).exit_code, 1);
  const program_result retry = run({"parked", "retry"});
  EXPECT_EQ(retry.exit_code, 0);
  EXPECT_EQ(retry.out, "app: 2 rows are read again from legacy and tried\n");
  EXPECT_EQ(source_.retried_, "app");
}

TEST_F(binary_with_daemon, an_unhealthy_status_is_1) {
  source_.why_not_ = "the outbox has failed";
  const program_result r = run({"status", "--json"});
  EXPECT_EQ(r.exit_code, 1);
  EXPECT_EQ(r.out, to_json(source_.status_) + "\n");
  EXPECT_THAT(r.err, HasSubstr("the outbox has failed"));
  source_.why_not_ = "";
  database().halted = true;
  EXPECT_EQ(run({"status"}).exit_code, 1);
}

TEST_F(binary_with_daemon, wait) {
  EXPECT_EQ(run({"wait", "--timeout", "30s"}).exit_code, 0);
  source_.fence_ = {118, {}};
  const program_result late = run({"wait", "--timeout", "1ms"});
  EXPECT_EQ(late.exit_code, 2);
  EXPECT_THAT(late.err, HasSubstr("applied 117 of 118"));
  database().halted = true;
  EXPECT_EQ(run({"wait"}).exit_code, 1);
}

TEST_F(binary_with_daemon, heal) {
  const program_result healed = run({"heal", "--table", "b", "--key", "1", "--key", R"({"k":"-2"})"});
  EXPECT_EQ(healed.exit_code, 0) << healed.err;
  EXPECT_EQ(healed.out, "public.b: healed; 100 rows read on legacy, 4 written\n");
  EXPECT_EQ(source_.healed_.database, "app");
  EXPECT_EQ(source_.healed_.table, "b");
  EXPECT_EQ(source_.healed_.keys, (std::vector<std::string>{"1", R"({"k":"-2"})"}));
  source_.heal_.error = "no table b";
  const program_result refused = run({"heal", "--table", "b", "--all"});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.err, HasSubstr("no table b"));
}

TEST_F(binary_with_daemon, heal_waits_for_its_marks) {
  source_.heal_ = {{7}, ""};
  database().marks = {{7, "public.b", "table", 0, "asked for", true, 0}};
  const program_result r = run({"heal", "--table", "b", "--all", "--timeout", "1ms"});
  EXPECT_EQ(r.exit_code, 2);
  EXPECT_THAT(r.err, HasSubstr("1 mark open (public.b, asked for)"));
}

TEST_F(binary_with_daemon, drift_report_cannot_tell_without_servers) {
  database().refused = {};
  const program_result r = run({"drift-report", "--json"});
  EXPECT_EQ(r.exit_code, 2);
  EXPECT_THAT(r.out, StartsWith(R"({"exit_code":2,"tables":[],"trouble":[")"));
}

}  // namespace
}  // namespace pgtandem::proxy
