#include <gtest/gtest.h>

#include "proxy/config/config_file_testing.h"

namespace pgtandem::proxy {
namespace {

struct contradiction {
  const char* text;
  const char* complaint;
};

class contradictions : public testing::TestWithParam<contradiction> {};

TEST_P(contradictions, are_refused_with_file_and_line) {
  EXPECT_EQ(config_complaint(GetParam().text), GetParam().complaint);
}

#define DATABASE                            \
  "databases:\n"                            \
  "  app:\n"                                \
  "    legacy: host=127.0.0.1 dbname=app\n" \
  "    target: host=10.0.0.2 dbname=app\n"

INSTANTIATE_TEST_SUITE_P(
    addresses, contradictions,
    testing::Values(
        contradiction{DATABASE "listen: 127.0.0.1:7000\nadmin: { listen: localhost:7000 }\n",
                      "FILE:6: admin.listen: 127.0.0.1:7000 is taken by listen; write another port"},
        contradiction{DATABASE "listen: 0.0.0.0:6580\n",
                      "FILE:5: admin.listen: 127.0.0.1:6580 is taken by listen; write another port"},
        contradiction{
            DATABASE "admin:\n  listen: 0.0.0.0:6580\n",
            "FILE:6: admin.listen: 0.0.0.0:6580 is not loopback; the admin API has no authentication, "
            "write 127.0.0.1:PORT"},
        contradiction{
            "listen: 127.0.0.1:5432\n" DATABASE,
            "FILE:4: databases.app.legacy: this is pgtandem's own listen address; name the server behind "
            "it"},
        contradiction{DATABASE "listen: 127.0.0.1:0\nadmin: { listen: 127.0.0.1:0 }\n", ""}));

INSTANTIATE_TEST_SUITE_P(
    databases, contradictions,
    testing::Values(
        contradiction{"log: {}\n", "FILE:1: no database is configured; write one below databases:"},
        contradiction{"log: {}\ndatabases: {}\n",
                      "FILE:2: no database is configured; write one below databases:"},
        contradiction{DATABASE "    tables:\n      include: []\n",
                      "FILE:6: databases.app.tables.include is empty: nothing would be mirrored; write, for "
                      "instance, [\"public.*\"]"},
        contradiction{
            "databases:\n  app:\n    legacy: host=h dbname=a\n    target: host=h port=5432 dbname=a\n",
            "FILE:4: databases.app.target and legacy are the same database; name the other server"},
        contradiction{
            "databases:\n  app:\n    legacy: host=localhost dbname=a\n    target: host=127.0.0.1 dbname=a\n",
            "FILE:4: databases.app.target and legacy are the same database; name the other server"},
        contradiction{"databases:\n  app:\n    legacy: host=h dbname=a\n    target: host=h dbname=b\n", ""},
        contradiction{
            DATABASE "  b:\n    legacy: host=localhost dbname=app\n    target: host=t dbname=b\n",
            "FILE:6: databases.b.legacy is the same database as databases.app.legacy; configure it once"},
        contradiction{
            DATABASE "  b:\n    legacy: host=h dbname=b\n    target: host=10.0.0.2 dbname=app\n",
            "FILE:7: databases.b.target is the same database as databases.app.target; configure it once"},
        contradiction{
            DATABASE "  b:\n    legacy: host=10.0.0.2 dbname=app\n    target: host=t dbname=b\n",
            "FILE:4: databases.app.target is also databases.b.legacy: its rows would be mirrored again; "
            "name another database"}));

INSTANTIATE_TEST_SUITE_P(
    conninfo, contradictions,
    testing::Values(
        contradiction{"databases:\n  app:\n    legacy: host=h\n    target: host=t dbname=a\n",
                      "FILE:3: databases.app.legacy: no dbname; add dbname=NAME"},
        contradiction{"databases:\n  app:\n    legacy: host=h dbname=a\n    target: host=t\n",
                      "FILE:4: databases.app.target: no dbname; add dbname=NAME"},
        contradiction{
            "databases:\n  app:\n    legacy: host=h dbname=a\n    target: host=t dbnme=a\n",
            "FILE:4: databases.app.target: an option that libpq does not know, did you mean \"dbname\"?"},
        contradiction{"databases:\n  app:\n    legacy: host=a,b dbname=a\n    target: host=t dbname=a\n",
                      "FILE:3: databases.app.legacy: several hosts; name one, the server to mirror"},
        contradiction{
            "databases:\n  app:\n    legacy: host=/run/pg dbname=a\n    target: host=t dbname=a\n",
            "FILE:3: databases.app.legacy: a Unix socket lets every client in as the daemon's own user; "
            "name a host, or set allow_trust: true"},
        contradiction{
            "databases:\n  app:\n    allow_trust: true\n    legacy: host=/run/pg dbname=a\n    target: "
            "host=t dbname=a\n",
            ""},
        contradiction{"databases:\n  app:\n    legacy: host=h dbname=a\n    target: host=/run/pg dbname=a\n",
                      ""}));

}  // namespace
}  // namespace pgtandem::proxy
