// The real binary between two real databases; the daemon is made up, so that each of its answers can be
// given.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "proxy/admin/fake_source_testing.h"
#include "proxy/cli/program_testing.h"
#include "proxy/config/config_file_testing.h"
#include "tests/support/pg_cluster.h"

namespace pgtandem::proxy {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* schema =
    "CREATE TABLE a (id integer PRIMARY KEY, v text); INSERT INTO a SELECT i, 'v' || i FROM "
    "generate_series(1, 50) i;"
    "CREATE TABLE b (id integer PRIMARY KEY); INSERT INTO b VALUES (1)";

class binary_pg : public testing::Test {
 protected:
  binary_pg() {
    for (const std::string& database : {legacy_, target_}) servers_.execute(database, schema);
    source_.status_ = {"0.1.0", "id", 0, "serving", {}};
    source_.status_.databases.resize(1);
    daemon().name = "app";
    daemon().prepared = daemon().applied = 7;
    daemon().target_connected = true;
    source_.fence_ = {7, {}};
  }
  database_status& daemon() { return source_.status_.databases[0]; }
  program_result run(std::vector<std::string> words) {
    const config_file file("admin: { listen: 127.0.0.1:" + std::to_string(admin_port_) +
                           " }\n"
                           "databases:\n  app:\n    allow_trust: true\n"
                           "    legacy: " +
                           servers_.conninfo(legacy_) + "\n    target: " + servers_.conninfo(target_) +
                           "\n    tables: { include: [\"public.*\"] }\n");
    words.insert(words.end(), {"-c", file.path()});
    return run_program(words);
  }

  test_support::pg_cluster& servers_ = test_support::shared_cluster();
  std::string legacy_ = servers_.fresh_database();
  std::string target_ = servers_.fresh_database();
  fake_source source_;
  admin_server server_{{"127.0.0.1", 0}, source_};
  std::uint16_t admin_port_ = server_.port();
};

TEST_F(binary_pg, equal_at_a_fence_is_0) {
  const program_result r = run({"drift-report"});
  EXPECT_EQ(r.exit_code, 0) << r.out << r.err;
  EXPECT_EQ(source_.fenced_, "app");
  EXPECT_EQ(run({"drift-report", "--json", "--table", "a"}).exit_code, 0);
}

TEST_F(binary_pg, a_planted_row_is_1_and_named) {
  servers_.execute(target_, "UPDATE a SET v = 'planted' WHERE id = 33");
  const program_result r = run({"drift-report"});
  EXPECT_EQ(r.exit_code, 1) << r.out << r.err;
  EXPECT_THAT(r.out, HasSubstr("planted"));
  EXPECT_EQ(run({"drift-report", "--table", "b"}).exit_code, 0);
}

TEST_F(binary_pg, without_a_daemon_it_still_compares_and_is_2) {
  admin_port_ = 3;
  const program_result r = run({"drift-report"});
  EXPECT_EQ(r.exit_code, 2);
  EXPECT_THAT(r.out, HasSubstr("no daemon answers"));
  EXPECT_THAT(r.out, HasSubstr("50"));
}

TEST_F(binary_pg, what_the_daemon_knows_makes_it_2) {
  daemon().marks = {{1, "public.a", "table", 0, "COPY is not imaged", true, 0}};
  const program_result marked = run({"drift-report"});
  EXPECT_EQ(marked.exit_code, 2);
  EXPECT_THAT(marked.out, HasSubstr("COPY is not imaged"));
  EXPECT_EQ(run({"drift-report", "--table", "b"}).exit_code, 0);  // the mark is another table's
  daemon().marks = {};
  daemon().refused = {{"public.b", {"made up"}}};
  EXPECT_EQ(run({"drift-report"}).exit_code, 2);
  daemon().refused = {};
  daemon().halted = true;
  EXPECT_EQ(run({"drift-report"}).exit_code, 2);
  daemon().halted = false;
  daemon().degraded = true;
  EXPECT_EQ(run({"drift-report"}).exit_code, 2);
}

TEST_F(binary_pg, a_fence_that_is_not_passed_is_2) {
  source_.fence_ = {8, {}};
  servers_.execute(target_, "UPDATE a SET v = 'in flight, perhaps' WHERE id = 33");
  const program_result r = run({"drift-report", "--timeout", "1ms"});
  EXPECT_EQ(r.exit_code, 2);
  EXPECT_THAT(r.out, HasSubstr("applied 7 of 8"));
}

TEST_F(binary_pg, check) {
  const program_result good = run({"check"});
  EXPECT_EQ(good.exit_code, 0) << good.out << good.err;
  servers_.execute(target_, "DROP TABLE b");
  const program_result bad = run({"check"});
  EXPECT_EQ(bad.exit_code, 1);
  EXPECT_THAT(bad.out, HasSubstr("public.b"));
  EXPECT_EQ(run({"check", "--database", "other"}).exit_code, 64);
}

}  // namespace
}  // namespace pgtandem::proxy
