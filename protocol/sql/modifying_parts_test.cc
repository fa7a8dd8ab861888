// Statements that write in WITH: which of them are told apart, and what becomes of their texts.
#include "protocol/sql/modifying_parts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "protocol/sql/parse.h"
#include "protocol/sql/rewrite.h"

namespace pgtandem::sql {
namespace {

using testing::ElementsAre;

statement only(std::string_view text) {
  parsed_text parsed = parse(text);
  EXPECT_TRUE(parsed.ok) << text;
  EXPECT_EQ(parsed.statements.size(), 1u) << text;
  return parsed.statements.empty() ? statement{} : parsed.statements[0];
}

std::optional<noted_text> noted(std::string_view text) {
  const statement s = only(text);
  if (!s.parts) return std::nullopt;
  return note_parts(text, *s.parts, std::vector<std::string>(s.parts->parts.size(), "note"));
}

TEST(modifying_parts, are_told_apart) {
  const statement s = only(
      "with \"A\" as (delete from only s.t as x where x.id = 1 returning id, v as w), q as (select 1), "
      "b (k) as not materialized (insert into u values (1) on conflict (id) do update set v = 'a' returning "
      "*), "
      "c as (update w set a = 1) insert into z select * from \"A\"");
  EXPECT_EQ(s.effect, effect::unproven);
  EXPECT_FALSE(s.dml);
  ASSERT_TRUE(s.parts);
  ASSERT_EQ(s.parts->parts.size(), 3u);
  const modifying_part& a = s.parts->parts[0];
  EXPECT_EQ(a.name, "A");
  EXPECT_EQ(a.kind, statement_kind::remove);
  EXPECT_EQ(a.dml.target, (relation_ref{"s", "t"}));
  EXPECT_EQ(a.dml.alias, "\"x\"");
  EXPECT_TRUE(a.dml.only);
  EXPECT_THAT(a.returned, ElementsAre("id", "w"));
  const modifying_part& b = s.parts->parts[1];
  EXPECT_EQ(b.kind, statement_kind::insert);
  EXPECT_TRUE(b.returns_all);
  EXPECT_THAT(b.dml.assigned, ElementsAre("v"));
  const modifying_part& c = s.parts->parts[2];
  EXPECT_EQ(c.kind, statement_kind::update);
  EXPECT_FALSE(c.dml.has_returning);
  ASSERT_TRUE(s.parts->main);
  EXPECT_EQ(s.parts->main->target.name, "z");
  EXPECT_FALSE(s.parts->returns_rows);
}

TEST(modifying_parts, of_a_query_return_rows) {
  const statement s =
      only("with a as (insert into t values (1) returning id) select id from a union all select 2");
  ASSERT_TRUE(s.parts);
  EXPECT_TRUE(s.parts->returns_rows);
  EXPECT_FALSE(s.parts->main);
}

TEST(modifying_parts, that_cannot_be_told) {
  for (const std::string_view text : {
           "with a as (delete from t returning f()) select 1",                   // may write anything
           "with a as (delete from t returning id) select f(id) from a",         // so may this
           "with a as (delete from t returning 1) select 1",                     // a column without a name
           "with a as (delete from t returning id, id) select 1",                // two of one name
           "with a as (delete from t returning id, *) select 1",                 // more than a lone star
           "with a as (delete from t using u where true returning *) select 1",  // of two relations
           "with a as (update s.t set v = 1 from t returning 1 as k) select 1",  // "t" is ambiguous
           "with recursive a as (delete from t returning id) select 1",
           "with a as (delete from t) select * from a",  // legacy refuses it
           "with a as (merge into t using u on true when matched then delete) select 1",
           "with a as (delete from t returning id) select id into n from a",
           "with a as (delete from t) insert into s.z select 1 returning f()",
       })
    EXPECT_FALSE(only(text).parts) << text;
  // Nor inside of other statements.
  EXPECT_FALSE(only("explain with a as (delete from t) select 1").parts);
  EXPECT_FALSE(only("copy (with a as (delete from t returning id) select id from a) to stdout").parts);
}

TEST(modifying_parts, evaluate_an_expression_for_each_row) {
  EXPECT_EQ(noted("with a as (delete from t) select 1")->text,
            "with a as (delete from t\n RETURNING note) select 1");
  EXPECT_EQ(noted("with a (x) as materialized (delete from t returning id -- )\n), b as (select 2) "
                  "insert into z select x from a")
                ->text,
            "with pgtandem_part_1 AS (delete from t returning id -- )\n\n, note AS pgtandem_note), "
            "a (x) as materialized (SELECT \"id\" FROM pgtandem_part_1), b as (select 2) insert into z "
            "select x from a");
  EXPECT_EQ(noted("with \"a b\" as (with q as (select ')') delete from t x where v = (table q) returning *) "
                  "insert into z table \"a b\"")
                ->text,
            "with pgtandem_part_1 AS (with q as (select ')') delete from t x where v = (table q) returning "
            "CASE WHEN true THEN \"x\".* END AS pgtandem_row\n, note AS pgtandem_note), "
            "\"a b\" as (SELECT (pgtandem_row).* FROM pgtandem_part_1) insert into z table \"a b\"");
  EXPECT_EQ(noted("with a as (insert into t values (1) returning id), b as (update u set v = 2 returning v) "
                  "select id, v from a, b")
                ->text,
            "with pgtandem_part_1 AS (insert into t values (1) returning id\n, note AS pgtandem_note), "
            "a as (SELECT \"id\" FROM pgtandem_part_1), "
            "pgtandem_part_2 AS (update u set v = 2 returning v\n, note AS pgtandem_note), "
            "b as (SELECT \"v\" FROM pgtandem_part_2) select id, v from a, b");
}

TEST(modifying_parts, may_be_left_alone) {
  const std::string_view text = "with a as (delete from t), b as (delete from u) select 1";
  const std::vector<std::string> expressions{"", "note"};
  EXPECT_EQ(note_parts(text, *only(text).parts, expressions)->text,
            "with a as (delete from t), b as (delete from u\n RETURNING note) select 1");
}

TEST(modifying_parts, stay_as_they_are_where_the_text_may_mean_something_else) {
  EXPECT_FALSE(noted("with a as (delete from t where v = '\\') select 1"));
  EXPECT_FALSE(noted("with pgtandem_part_1 as (delete from t) select 1"));
}

TEST(modifying_parts, keep_the_places_of_the_client_s_text) {
  const std::string_view text =
      "with \"\u00e4\" as (delete from t where v = '\u20ac' returning *) insert into z select here from "
      "\"\u00e4\"";
  const auto after = noted(text);
  ASSERT_TRUE(after);
  const auto characters_before = [](std::string_view whole, std::string_view what) {
    std::int32_t n = 0;
    for (const char c : whole.substr(0, whole.find(what)))
      n += (static_cast<unsigned char>(c) & 0xc0) != 0x80;
    return n;
  };
  for (const std::string_view what : {"with", "delete", "where", "returning", "insert", "here"})
    EXPECT_EQ(client_position(after->edits, characters_before(after->text, what)),
              characters_before(text, what))
        << what;
  // What was put in stands where that was done.
  EXPECT_EQ(client_position(after->edits, characters_before(after->text, "pgtandem_row")),
            characters_before(text, "*)"));
}

}  // namespace
}  // namespace pgtandem::sql
