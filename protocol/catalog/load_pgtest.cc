#include <gmock/gmock.h>

#include "protocol/catalog/image_fixture.h"

namespace pgtandem::catalog {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class load : public testing::Test {
 protected:
  load() : c_(test_support::shared_cluster().conninfo(database())) {
    c_.query_simple(
        "DROP SCHEMA public CASCADE; CREATE SCHEMA public; DROP SCHEMA IF EXISTS other, pgtandem CASCADE");
  }
  static const std::string& database() {
    static const std::string name = test_support::shared_cluster().fresh_database();
    return name;
  }
  std::vector<std::string> names(const table_filter& filter) {
    std::vector<std::string> out;
    for (const auto& r : load_relations(c_, filter)) out.push_back(r.name.schema + "." + r.name.name);
    return out;
  }
  client::connection c_;
};

TEST_F(load, which_relations_are_tables) {
  c_.query_simple(R"(
    CREATE SCHEMA other; CREATE SCHEMA pgtandem;
    CREATE TABLE a(id int PRIMARY KEY); CREATE TABLE "B b"(id int PRIMARY KEY); CREATE UNLOGGED TABLE u(id int PRIMARY KEY);
    CREATE TABLE other.c(id int PRIMARY KEY); CREATE TABLE pgtandem.watermark(id int PRIMARY KEY);
    CREATE TEMP TABLE tmp(id int PRIMARY KEY); CREATE VIEW v AS SELECT 1; CREATE MATERIALIZED VIEW m AS SELECT 1;
    CREATE SEQUENCE s; CREATE TYPE comp AS (a int);
    CREATE TABLE p(id int PRIMARY KEY) PARTITION BY RANGE (id); CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (9);)");
  EXPECT_THAT(names({{"*.*"}, {}}), ElementsAre("other.c", "public.B b", "public.a", "public.p", "public.u"));
  EXPECT_THAT(names({{"public.*"}, {"*.\"B b\""}}), ElementsAre("public.a", "public.p", "public.u"));
  EXPECT_THAT(names({{"nowhere.*"}, {}}), IsEmpty());
  std::vector<std::string> named;
  for (const auto& r : load_named_relations(
           c_,
           {{"public", "B b"}, {"other", "c"}, {"public", "c"}, {"public", "v"}, {"pgtandem", "watermark"}}))
    named.push_back(r.name.schema + "." + r.name.name);
  EXPECT_THAT(named, ElementsAre("other.c", "public.B b"));
  EXPECT_THAT(load_named_relations(c_, {}), IsEmpty());
}

TEST_F(load, columns_as_the_catalog_has_them) {
  c_.query_simple(R"(
    CREATE SCHEMA other; CREATE DOMAIN other.amount AS numeric(10,2);
    CREATE TABLE t(id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, gone int, n other.amount DEFAULT 0,
                   v varchar(5) NOT NULL, g int GENERATED ALWAYS AS (1) STORED, b bytea);
    ALTER TABLE t DROP COLUMN gone; SET search_path = other;)");
  const auto r = load_one(c_, "public", "t");
  ASSERT_EQ(r.columns.size(), 5U);
  EXPECT_EQ(r.columns[0].type, "bigint");
  EXPECT_TRUE(r.columns[0].has_default && r.columns[0].not_null);
  EXPECT_EQ(r.columns[1].type, "other.amount");
  EXPECT_EQ(r.columns[1].base_type, "numeric(10,2)");
  EXPECT_TRUE(r.columns[1].has_default && !r.columns[1].not_null);
  EXPECT_EQ(r.columns[2].type, "character varying(5)");
  EXPECT_TRUE(r.columns[2].collatable && !r.columns[2].unbounded);
  EXPECT_TRUE(r.columns[3].generated && r.columns[4].unbounded);
  EXPECT_THAT(r.refusals, IsEmpty());
  EXPECT_EQ(c_.query_simple("SHOW search_path").at(0, 0), "other");
}

TEST_F(load, refusals_name_the_column_and_its_type) {
  c_.query_simple("CREATE TABLE t(id int PRIMARY KEY, \"C\" \"char\"[], r regclass, ok text, x xml[])");
  EXPECT_THAT(load_one(c_, "public", "t").refusals,
              ElementsAre(HasSubstr("\"C\" has type \"char\"[]"), HasSubstr("\"r\" has type regclass"),
                          HasSubstr("\"x\" has type xml[]")));
}

TEST_F(load, a_generated_column_of_unsupported_type_is_no_refusal) {
  c_.query_simple(
      "CREATE TABLE t(id int PRIMARY KEY, c regtype GENERATED ALWAYS AS ('text'::regtype) STORED)");
  EXPECT_THAT(load_one(c_, "public", "t").refusals, IsEmpty());
}

TEST_F(load, side_effects_of_a_plain_table) {
  c_.query_simple(R"(
    CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
    CREATE TABLE quiet(id int PRIMARY KEY); CREATE TABLE ref(id int PRIMARY KEY REFERENCES quiet);
    CREATE TABLE trig(id int PRIMARY KEY); CREATE TRIGGER x BEFORE INSERT ON trig FOR EACH ROW EXECUTE FUNCTION f();
    CREATE TABLE late(id int PRIMARY KEY);
    CREATE CONSTRAINT TRIGGER x AFTER INSERT ON late DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION f();
    CREATE TABLE off(id int PRIMARY KEY); CREATE TRIGGER x BEFORE INSERT ON off FOR EACH ROW EXECUTE FUNCTION f();
    ALTER TABLE off DISABLE TRIGGER x;
    CREATE TABLE ruled(id int PRIMARY KEY); CREATE RULE r AS ON INSERT TO ruled DO ALSO NOTHING;
    CREATE TABLE rls(id int PRIMARY KEY); ALTER TABLE rls ENABLE ROW LEVEL SECURITY;
    CREATE TABLE parent(id int PRIMARY KEY); CREATE TABLE child(PRIMARY KEY (id)) INHERITS (parent);
    CREATE TABLE del(id int PRIMARY KEY); CREATE TABLE delref(id int PRIMARY KEY REFERENCES del ON DELETE CASCADE);
    CREATE TABLE upd(id int PRIMARY KEY); CREATE TABLE updref(id int PRIMARY KEY REFERENCES upd ON UPDATE SET DEFAULT);)");
  const auto expect = [&](const std::string& table, const std::string& flags) {
    const auto r = load_one(c_, "public", table);
    std::string got;
    if (r.has_user_triggers) got += 't';
    if (r.has_deferrable_triggers) got += 'd';
    if (r.has_rules) got += 'r';
    if (r.has_row_security) got += 's';
    if (r.has_inheritance_children) got += 'i';
    if (!r.cascades.empty()) got += 'c';
    EXPECT_EQ(got, flags) << table;
  };
  expect("quiet", "");
  expect("ref", "");
  expect("trig", "t");
  expect("late", "td");
  expect("off", "");
  expect("ruled", "r");
  expect("rls", "s");
  expect("parent", "i");
  expect("child", "");
  expect("del", "c");
  expect("upd", "c");
  expect("delref", "");
}

TEST_F(load, a_partition_root_answers_for_its_partitions) {
  c_.query_simple(R"(
    CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
    CREATE TABLE p(id int, k int, PRIMARY KEY (id, k)) PARTITION BY RANGE (id);
    CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10) PARTITION BY LIST (k);
    CREATE TABLE p11 PARTITION OF p1 FOR VALUES IN (1);
    CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (10) TO (20);)");
  auto r = load_one(c_, "public", "p");
  EXPECT_EQ(r.kind, 'p');
  EXPECT_EQ(r.leaves.size(), 3U);
  EXPECT_EQ(r.key.size(), 2U);
  EXPECT_FALSE(r.has_user_triggers || !r.cascades.empty());
  EXPECT_THAT(r.refusals, IsEmpty());
  c_.query_simple(
      "CREATE TRIGGER x BEFORE INSERT ON p11 FOR EACH ROW EXECUTE FUNCTION f(); CREATE TABLE ref(a int, b "
      "int, FOREIGN KEY (a, b) REFERENCES p2 ON DELETE CASCADE)");
  r = load_one(c_, "public", "p");
  EXPECT_TRUE(r.has_user_triggers);
  ASSERT_EQ(r.cascades.size(), 1U);
  EXPECT_EQ(r.cascades[0].columns, (std::vector<std::string>{"a", "b"}));
}

TEST_F(load, a_role_needs_no_more_than_the_catalog) {
  c_.query_simple(
      "CREATE TABLE t(id int PRIMARY KEY, v jsonb); DROP ROLE IF EXISTS reader; CREATE ROLE reader LOGIN");
  client::connection reader(test_support::shared_cluster().conninfo(database(), "reader"));
  EXPECT_EQ(load_one(reader, "public", "t"), load_one(c_, "public", "t"));
}

// The statements are counted by the server: their number must not grow with the tables.
TEST_F(load, thousands_of_tables_take_as_many_queries_as_one) {
  const auto make_tables = [&](int from, int to) {
    c_.query_simple(
        fmt::format("DO $$ BEGIN FOR i IN {}..{} LOOP EXECUTE format('CREATE TABLE t%s(id int PRIMARY KEY, a "
                    "text, b jsonb, c "
                    "float8)', i); END LOOP; END $$",
                    from, to));
  };
  const auto queries = [&] {
    client::connection c(test_support::shared_cluster().conninfo(database()));
    c.query_simple("SET log_statement = 'all'");
    const auto before = test_support::shared_cluster().server_log().size();
    const auto found = load_relations(c, {{"public.t*"}, {}});
    const auto log = test_support::shared_cluster().server_log().substr(before);
    std::size_t n = 0;
    for (auto at = log.find("LOG:  "); at != std::string::npos; at = log.find("LOG:  ", at + 1)) ++n;
    EXPECT_GT(n, 5U);
    return std::pair(found.size(), n);
  };
  make_tables(1, 1);
  const auto one = queries();
  EXPECT_EQ(one.first, 1U);
  for (int i = 0; i < 10; ++i) make_tables(i * 500 + 2, i * 500 + 501);
  const auto many = queries();
  EXPECT_EQ(many.first, 5001U);
  EXPECT_EQ(many.second, one.second);
}

}  // namespace
}  // namespace pgtandem::catalog
