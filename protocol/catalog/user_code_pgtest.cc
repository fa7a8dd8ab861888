#include "protocol/catalog/user_code.h"

#include <gmock/gmock.h>

#include "tests/support/pg_cluster.h"

namespace pgtandem::catalog {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsSupersetOf;
using testing::Not;
using testing::UnorderedElementsAre;

constexpr std::string_view listed[] = {"nextval", "lower"};

class user_code_test : public testing::Test {
 protected:
  user_code_test()
      : c_(test_support::shared_cluster().conninfo(test_support::shared_cluster().fresh_database())) {}
  user_code with(const std::string& sql) {
    c_.query_simple(sql);
    return load_user_code(c_, listed);
  }
  const std::string writer_ =
      "CREATE FUNCTION w(anyelement) RETURNS bool STABLE LANGUAGE sql AS 'SELECT true';";
  client::connection c_;
};

TEST_F(user_code_test, a_new_database_has_none) {
  EXPECT_EQ(
      with("CREATE SEQUENCE q; CREATE VIEW v AS SELECT lower('X'), nextval('q'), count(*) FROM pg_class; "
           "CREATE TABLE t(id int CHECK (id > 0))"),
      user_code{});
}

TEST_F(user_code_test, functions_of_users_however_volatile_they_say_they_are) {
  const auto code = with(
      "CREATE FUNCTION lower(int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT 1';"
      "CREATE TABLE t(id int); CREATE FUNCTION full_name(t) RETURNS text LANGUAGE sql AS 'SELECT NULL::text';"
      "CREATE FUNCTION tr() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'");
  EXPECT_THAT(code.functions, ElementsAre("full_name", "lower"));
  EXPECT_THAT(code.row_functions, ElementsAre("full_name"));
}

TEST_F(user_code_test, operators_over_functions_of_users) {
  const auto code = with(writer_ +
                         "CREATE FUNCTION add(bool, bool) RETURNS bool LANGUAGE sql AS 'SELECT $1';"
                         "CREATE OPERATOR + (LEFTARG = bool, RIGHTARG = bool, FUNCTION = add);"
                         "CREATE OPERATOR |+| (LEFTARG = int, RIGHTARG = int, FUNCTION = int4pl)");
  EXPECT_THAT(code.operators, ElementsAre("+"));
  EXPECT_FALSE(code.anywhere);
  EXPECT_TRUE(with("CREATE OPERATOR < (LEFTARG = bool, RIGHTARG = bool, FUNCTION = add)").anywhere);
}

TEST_F(user_code_test, domains_and_what_is_made_of_them) {
  const auto code =
      with(writer_ +
           "CREATE DOMAIN plain AS int CHECK (VALUE > 0); CREATE DOMAIN checked AS int CHECK (w(VALUE));"
           "CREATE DOMAIN above AS checked; CREATE TYPE comp AS (a above); CREATE TABLE holder(c comp[])");
  EXPECT_THAT(code.types, IsSupersetOf({"checked", "above", "comp", "holder", "_comp"}));
  EXPECT_THAT(code.types, Not(Contains("plain")));
}

TEST_F(user_code_test, casts) {
  const std::string made =
      "CREATE TYPE tok AS (k int); CREATE FUNCTION f(tok) RETURNS int LANGUAGE sql AS 'SELECT 1';";
  const auto explicitly = with(made + "CREATE CAST (tok AS int) WITH FUNCTION f(tok)");
  EXPECT_THAT(explicitly.types, Contains("int4"));
  EXPECT_THAT(explicitly.types, Not(Contains("pg_class")));
  EXPECT_FALSE(explicitly.anywhere);
  EXPECT_TRUE(
      with("DROP CAST (tok AS int); CREATE CAST (tok AS int) WITH FUNCTION f(tok) AS IMPLICIT").anywhere);
}

TEST_F(user_code_test, views_and_what_reads_them) {
  const auto code =
      with(writer_ +
           "CREATE TABLE t(id int); CREATE VIEW plain AS SELECT * FROM t; "
           "CREATE VIEW direct AS SELECT w(id) FROM t; CREATE VIEW nested AS SELECT * FROM plain, direct;"
           "CREATE VIEW text_of_query AS SELECT query_to_xml('SELECT 1', true, true, '');"
           "CREATE MATERIALIZED VIEW stored AS SELECT * FROM direct;"
           "CREATE TABLE guarded(id int); ALTER TABLE guarded ENABLE ROW LEVEL SECURITY;"
           "CREATE POLICY p ON guarded USING (w(id));"
           "CREATE TABLE open(id int); CREATE POLICY p ON open USING (w(id))");
  EXPECT_THAT(code.relations, ElementsAre("direct", "guarded", "nested", "text_of_query"));
}

TEST_F(user_code_test, tables_that_run_it_when_they_are_written) {
  const auto code =
      with(writer_ +
           "CREATE TABLE plain(id int CHECK (id > 0) DEFAULT 1);"
           "CREATE TABLE a_default(b bool DEFAULT w(1)); CREATE TABLE a_check(id int CHECK (w(id)));"
           "CREATE FUNCTION fixed(int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT 1';"
           "CREATE TABLE an_index(id int); CREATE INDEX ON an_index (fixed(id));"
           "CREATE TABLE generated(id int, g int GENERATED ALWAYS AS (fixed(id)) STORED);"
           "CREATE DOMAIN checked AS int CHECK (w(VALUE)); CREATE TABLE a_domain(c checked);"
           "CREATE TABLE root(id int) PARTITION BY RANGE (id);"
           "CREATE TABLE leaf PARTITION OF root (CHECK (w(id))) FOR VALUES FROM (0) TO (9);"
           "CREATE TABLE guarded(id int); CREATE POLICY p ON guarded FOR INSERT WITH CHECK (w(id))");
  std::vector<std::string> written;
  for (const oid_t oid : code.written)
    written.emplace_back(c_.query("SELECT $1::oid::regclass::text", {std::to_string(oid.value)}).at(0, 0));
  EXPECT_THAT(written, UnorderedElementsAre("a_default", "a_check", "an_index", "generated", "a_domain",
                                            "root", "leaf", "guarded"));
}

}  // namespace
}  // namespace pgtandem::catalog
