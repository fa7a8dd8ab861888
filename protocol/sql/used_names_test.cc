#include "protocol/sql/used_names.h"

#include <gmock/gmock.h>

#include "protocol/sql/parse.h"

namespace pgtandem::sql {
namespace {

using ::testing::ElementsAre;

used_names uses_of(std::string_view text) {
  const auto parsed = parse(text);
  const auto& uses = parsed.statements.at(0).uses;
  return uses ? *uses : used_names{};
}
bool defines(std::string_view text) {
  return parse(text).statements.at(0).defines;
}

TEST(used_names, calls_by_any_schema_but_the_servers_own) {
  EXPECT_THAT(uses_of("SELECT lower(a), app.f(b), pg_catalog.upper(c), lower(d) FROM t").functions,
              ElementsAre("f", "lower"));
}

TEST(used_names, operators_casts_and_fields) {
  const auto uses = uses_of(
      "SELECT a +^ b, c OPERATOR(pg_catalog.-) d, e::dom, f::int, (g).h, r.i, r.* FROM r "
      "WHERE j = ANY (ARRAY[1]) ORDER BY k USING <<<");
  EXPECT_THAT(uses.operators, ElementsAre("+^", "<<<", "="));
  EXPECT_THAT(uses.types, ElementsAre("dom", "int4"));
  EXPECT_THAT(uses.fields, ElementsAre("h"));
  EXPECT_THAT(uses.row_fields, ElementsAre("i"));
}

TEST(used_names, relations_that_are_read_wherever_they_stand) {
  for (const std::string_view text :
       {"SELECT 1 FROM app.v", "TABLE v", "DECLARE c CURSOR FOR TABLE v", "COPY v TO STDOUT",
        "COPY (SELECT 1 FROM v) TO STDOUT", "EXPLAIN SELECT 1 FROM v", "SELECT 1 WHERE EXISTS (TABLE v)",
        "UPDATE t SET a = 1 FROM v", "INSERT INTO t SELECT 1 FROM v", "EXECUTE p((SELECT 1 FROM v))"})
    EXPECT_THAT(uses_of(text).relations, ElementsAre("v")) << text;
}

TEST(used_names, nothing_is_kept_for_a_statement_without_any) {
  EXPECT_EQ(parse("SELECT 1").statements.at(0).uses, nullptr);
}

TEST(used_names, arguments_of_execute_have_to_be_proven) {
  EXPECT_TRUE(parse("EXECUTE p(1, abs(-1))").statements.at(0).proven_arguments);
  EXPECT_FALSE(parse("EXECUTE p(write_it())").statements.at(0).proven_arguments);
}

TEST(definitions, are_what_others_may_meet) {
  for (const std::string_view text :
       {"CREATE VIEW v AS SELECT 1", "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "ALTER TABLE t ALTER a SET DEFAULT f()", "CREATE TABLE t (a int)", "REVOKE SELECT ON t FROM a",
        "CREATE INDEX ON t (f(a))", "SELECT 1 INTO t", "CREATE TABLE t AS SELECT 1", "DO 'BEGIN END'",
        "COMMIT PREPARED 'g'", "CREATE TEMP TABLE t (LIKE u INCLUDING ALL)",
        "CREATE TEMP TABLE t () INHERITS (u)"})
    EXPECT_TRUE(defines(text)) << text;
  for (const std::string_view text :
       {"CREATE TEMP TABLE t (a int)", "CREATE TABLE pg_temp.t (a int)", "CREATE TEMP TABLE t AS SELECT 1",
        "SELECT 1 FROM t", "UPDATE t SET a = 1", "CREATE SEQUENCE s", "DROP TABLE t",
        "COMMENT ON TABLE t IS 'x'", "TRUNCATE t"})
    EXPECT_FALSE(defines(text)) << text;
}

TEST(definitions, of_a_temporary_table_are_told_by_what_its_defaults_call) {
  EXPECT_THAT(uses_of("CREATE TEMP TABLE t (a dom DEFAULT app.f())").functions, ElementsAre("f"));
  EXPECT_THAT(uses_of("CREATE TEMP TABLE t (a dom DEFAULT app.f())").types, ElementsAre("dom"));
}

}  // namespace
}  // namespace pgtandem::sql
