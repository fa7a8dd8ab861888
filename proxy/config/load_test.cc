#include <gtest/gtest.h>

#include "proxy/config/config_file_testing.h"
#include "proxy/config/keys.h"

namespace pgtandem::proxy {
namespace {

const std::string minimal =
    "databases:\n"
    "  app:\n"
    "    legacy: host=127.0.0.1 dbname=app\n"
    "    target: host=127.0.0.1 port=5433 dbname=app\n";

TEST(load, reads_every_key) {
  const config_file file(
      "listen: 127.0.0.1:7000\n"
      "admin: { listen: \"[::1]:7001\" }\n"
      "databases:\n"
      "  app:\n"
      "    legacy: \"host=127.0.0.1 port=5432 dbname=app user=pgtandem\"\n"
      "    target: \"host=127.0.0.1 port=5433 dbname=app user=pgtandem\"\n"
      "    tables: { include: [\"public.*\", 'other.t?'], exclude: [public.log] }\n"
      "    on_outbox_failure: reject\n"
      "    allow_trust: true\n"
      "    initial_heal: off\n"
      "    heal_pause: 5ms\n"
      "  \"My.Db\": { legacy: host=h dbname=x, target: host=t dbname=x }\n"
      "outbox: { path: var/../ob, min_free: 512MiB, commit_deadline: 500ms, chunk: 1MiB }\n"
      "transport: local\n"
      "log: { level: debug }\n"
      "shutdown_timeout: 5m\n"
      "io_threads: 2\n");
  const config c = load_config(file.path());
  EXPECT_EQ(c.file, file.path());
  EXPECT_EQ(c.listen.port, 7000);
  EXPECT_EQ(c.admin.host, "::1");
  ASSERT_EQ(c.databases.size(), 2U);
  const database_config& app = c.databases.at("app");
  EXPECT_EQ(app.name, "app");
  EXPECT_EQ(app.target, "host=127.0.0.1 port=5433 dbname=app user=pgtandem");
  EXPECT_EQ(app.include, (std::vector<std::string>{"public.*", "other.t?"}));
  EXPECT_EQ(app.exclude, (std::vector<std::string>{"public.log"}));
  EXPECT_EQ(app.on_outbox_failure, on_outbox_failure::reject);
  EXPECT_TRUE(app.allow_trust);
  EXPECT_FALSE(app.initial_heal);
  EXPECT_EQ(app.heal_pause, std::chrono::milliseconds(5));
  EXPECT_TRUE(c.databases.contains("My.Db"));
  EXPECT_EQ(c.outbox_path, file.directory() + "/ob");
  EXPECT_EQ(c.outbox_min_free, 512ULL << 20);
  EXPECT_EQ(c.outbox_commit_deadline, std::chrono::milliseconds(500));
  EXPECT_EQ(c.outbox_chunk, 1ULL << 20);
  EXPECT_EQ(c.log_level, "debug");
  EXPECT_EQ(c.shutdown_timeout, std::chrono::minutes(5));
  EXPECT_EQ(c.io_threads, 2U);
}

// The table's defaults are those of the struct: both are read by people.
TEST(load, defaults_agree_with_the_struct) {
  const config_file file(minimal);
  const config c = load_config(file.path());
  const config plain;
  EXPECT_EQ(c.listen.host, plain.listen.host);
  EXPECT_EQ(c.listen.port, plain.listen.port);
  EXPECT_EQ(c.admin.host, plain.admin.host);
  EXPECT_EQ(c.admin.port, plain.admin.port);
  EXPECT_EQ(c.outbox_path, file.directory() + "/outbox");
  EXPECT_EQ(c.outbox_min_free, plain.outbox_min_free);
  EXPECT_EQ(c.outbox_commit_deadline, plain.outbox_commit_deadline);
  EXPECT_EQ(c.outbox_chunk, plain.outbox_chunk);
  EXPECT_EQ(c.transport, plain.transport);
  EXPECT_EQ(c.log_level, plain.log_level);
  EXPECT_EQ(c.shutdown_timeout, plain.shutdown_timeout);
  EXPECT_EQ(c.io_threads, plain.io_threads);
  const database_config& app = c.databases.at("app");
  const database_config bare;
  EXPECT_EQ(app.include, bare.include);
  EXPECT_EQ(app.exclude, bare.exclude);
  EXPECT_EQ(app.on_outbox_failure, bare.on_outbox_failure);
  EXPECT_EQ(app.allow_trust, bare.allow_trust);
  EXPECT_EQ(app.initial_heal, bare.initial_heal);
  EXPECT_EQ(app.heal_pause, bare.heal_pause);
}

struct refusal {
  const char* text;
  const char* complaint;
};

class load_refuses : public testing::TestWithParam<refusal> {};

TEST_P(load_refuses, with_file_and_line) {
  EXPECT_EQ(config_complaint(GetParam().text), GetParam().complaint);
}

#define DATABASE                            \
  "databases:\n"                            \
  "  app:\n"                                \
  "    legacy: host=127.0.0.1 dbname=app\n" \
  "    target: host=10.0.0.2 dbname=app\n"

INSTANTIATE_TEST_SUITE_P(
    shape, load_refuses,
    testing::Values(
        refusal{"", "FILE:1: the file is empty; it needs at least databases:"},
        refusal{"- listen\n", "FILE:1: the file is not a map of keys; it starts with, e.g., listen:"},
        refusal{DATABASE "log: [\n", "FILE:6: not YAML: end of sequence flow not found"},
        refusal{DATABASE "---\nlog: {}\n", "FILE:6: a second document starts; write one only"},
        refusal{DATABASE "[a, b]: 1\n", "FILE:5: a key has to be a plain word"},
        refusal{DATABASE "admin: 127.0.0.1:1\n", "FILE:5: admin has to be a map of listen"},
        refusal{"databases: app\n", "FILE:1: databases has to be a map of database names"},
        refusal{"databases:\n  app: x\n", "FILE:2: databases.app has to be a map with legacy and target"},
        refusal{"databases:\n  \"\": {}\n",
                "FILE:2: \"\" cannot be a database's name: write 1 to 63 bytes"}));

INSTANTIATE_TEST_SUITE_P(
    keys, load_refuses,
    testing::Values(
        refusal{DATABASE "lisen: 127.0.0.1:1\n", "FILE:5: unknown key \"lisen\", did you mean \"listen\"?"},
        refusal{DATABASE "    alow_trust: true\n",
                "FILE:5: unknown key \"databases.app.alow_trust\", did you mean \"allow_trust\"?"},
        refusal{DATABASE "    tables: { inclde: [] }\n",
                "FILE:5: unknown key \"databases.app.tables.inclde\", did you mean \"include\"?"},
        refusal{DATABASE "min_free: 1\n",
                "FILE:5: unknown key \"min_free\", did you mean \"outbox.min_free\"?"},
        refusal{DATABASE "log:\n  zzzzzzzzzz: 1\n",
                "FILE:6: unknown key \"log.zzzzzzzzzz\"; valid here: level"},
        refusal{"listen: 127.0.0.1:1\n" DATABASE "listen: 127.0.0.1:2\n",
                "FILE:6: duplicate key \"listen\" (first on line 1)"},
        refusal{DATABASE "    legacy: host=x dbname=y\n",
                "FILE:5: duplicate key \"databases.app.legacy\" (first on line 3)"},
        refusal{DATABASE "  app: {}\n", "FILE:5: duplicate key \"databases.app\" (first on line 2)"},
        refusal{"\n\ndatabases:\n  app:\n    legacy: host=h dbname=app\n",
                "FILE:4: key \"databases.app.target\" is missing"}));

INSTANTIATE_TEST_SUITE_P(
    types, load_refuses,
    testing::Values(
        refusal{DATABASE "listen:\n", "FILE:5: listen: expected host:port, found nothing"},
        refusal{DATABASE "listen:\n  6543\n",
                "FILE:6: listen: \"6543\" is not host:port, for instance 127.0.0.1:6543"},
        refusal{DATABASE "transport: { local: 1 }\n", "FILE:5: transport: expected local, found a map"},
        refusal{DATABASE "transport: kafka\n", "FILE:5: transport: kafka is not available yet; write local"},
        refusal{
            DATABASE "    on_outbox_failure: degrad\n",
            "FILE:5: databases.app.on_outbox_failure: expected degrade or reject, found \"degrad\", did you "
            "mean \"degrade\"?"},
        refusal{DATABASE "    allow_trust: yes\n",
                "FILE:5: databases.app.allow_trust: expected true or false (without quotes), found \"yes\""},
        refusal{DATABASE "    allow_trust: \"true\"\n",
                "FILE:5: databases.app.allow_trust: expected true or false (without quotes), found \"true\""},
        refusal{
            DATABASE "    tables:\n      include: public.*\n",
            "FILE:6: databases.app.tables.include: expected a list of patterns, for instance [\"public.*\"], "
            "found \"public.*\""},
        refusal{DATABASE "    tables:\n      include:\n        - public.*\n        - [x]\n",
                "FILE:8: databases.app.tables.include: expected a pattern, found a list"},
        refusal{
            DATABASE "outbox:\n  min_free: 2GB\n",
            "FILE:6: outbox.min_free: \"2GB\" is not a size; write bytes or, for instance, 512MiB or 2GiB"},
        refusal{DATABASE "shutdown_timeout: 30\n",
                "FILE:5: shutdown_timeout: \"30\" is not a duration; write, for instance, 500ms, 30s or 5m"},
        refusal{DATABASE "io_threads: 0\n",
                "FILE:5: io_threads: expected a number from 1 to 256, found \"0\""},
        refusal{DATABASE "outbox: { path: \"\" }\n", "FILE:5: outbox.path: the path is empty"},
        refusal{"databases:\n  app: { legacy: [a], target: x }\n",
                "FILE:2: databases.app.legacy: expected a connection string, for instance \"host=127.0.0.1 "
                "dbname=app\", found a list"}));

TEST(load, names_a_pattern_that_is_none_with_its_line) {
  const std::string said =
      config_complaint(DATABASE "    tables:\n      include:\n        - public.*\n        - '\"x'\n");
  EXPECT_TRUE(said.starts_with("FILE:8: databases.app.tables.include: pattern \"\"x\": ")) << said;
}

TEST(load, names_a_file_that_is_not_there) {
  EXPECT_THROW(
      {
        try {
          (void)load_config("/nowhere/pgtandem.yaml");
        } catch (const config_error& e) {
          EXPECT_STREQ(e.what(), "/nowhere/pgtandem.yaml: cannot be read: No such file or directory");
          throw;
        }
      },
      config_error);
  EXPECT_THROW((void)load_config("/tmp"), config_error);
}

}  // namespace
}  // namespace pgtandem::proxy
