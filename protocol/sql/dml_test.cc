// What INSERT, UPDATE and DELETE say about their target.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string_view>

#include "protocol/sql/parse.h"

namespace pgtandem::sql {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

statement only(std::string_view text) {
  parsed_text parsed = parse(text);
  EXPECT_TRUE(parsed.ok) << text;
  EXPECT_EQ(parsed.statements.size(), 1u) << text;
  return parsed.statements.empty() ? statement{} : parsed.statements[0];
}

dml_info dml(std::string_view text) {
  const statement found = only(text);
  EXPECT_TRUE(found.dml) << text;
  return found.dml.value_or(dml_info{});
}

TEST(dml, of_known_parts_is_proven) {
  for (const std::string_view text : {
           "insert into t values (1, default)",
           "insert into t default values",
           "insert into t (a, b) overriding system value select a, lower(b) from s returning id",
           "with q as (select 1) insert into t select * from q",
           "insert into t values (1) on conflict do nothing",
           "insert into t values (1) on conflict (a, lower(b) text_pattern_ops) where c do update set b = "
           "excluded.b "
           "where t.c > 5",
           "insert into t values (1) on conflict on constraint k do update set (a, b) = (select 1, 2)",
           "update t set a = 1, b = default where c = $1 returning *",
           "update only s.t as x set a = y.a from y, (select 1 b) z where x.id = y.id",
           "update t set a = 1 where current of c",
           "delete from t",
           "delete from t using u where t.id = u.id returning t.id",
           "with q as (select 1) delete from t where id in (table q)",
       }) {
    const statement found = only(text);
    EXPECT_EQ(found.effect, effect::dml) << text;
    EXPECT_FALSE(found.changes_names) << text;
    ASSERT_TRUE(found.dml) << text;
    EXPECT_EQ(found.dml->target.name, "t") << text;
  }
}

TEST(dml, with_an_unknown_function_is_described_but_not_proven) {
  for (const std::string_view text : {
           "insert into t values (f())",
           "insert into t select f()",
           "insert into t values (1) returning f()",
           "insert into t values (1) on conflict (a) do update set b = f()",
           "insert into t values (1) on conflict (a) do update set b = 1 where f()",
           "update t set a = f()",
           "update t set a[f()] = 1",
           "update t set a = 1 where f()",
           "update t set a = 1 from f() g",
           "update t set (a, b) = (select 1, f())",
           "delete from t where f()",
           "delete from t using f() g",
           "with q as (select f()) delete from t",
           "delete from t where a operator(s.=) 1",
           "insert into t values ('x'::s.type)",
       }) {
    const statement found = only(text);
    EXPECT_EQ(found.effect, effect::unproven) << text;
    EXPECT_TRUE(found.changes_names) << text;
    EXPECT_TRUE(found.dml) << text;
  }
}

TEST(dml, beside_other_dml_is_neither) {
  for (const std::string_view text : {"with d as (delete from u returning *) insert into t select * from d",
                                      "with u as (update x set a = 1) delete from t",
                                      "with i as (insert into x values (1)) update t set a = 1"}) {
    const statement found = only(text);
    EXPECT_EQ(found.effect, effect::unproven) << text;
    EXPECT_FALSE(found.dml) << text;
  }
}

TEST(dml, target_and_alias) {
  EXPECT_EQ(dml("insert into t values (1)").target, (relation_ref{std::nullopt, "t"}));
  EXPECT_EQ(dml("insert into S.T values (1)").target, (relation_ref{"s", "t"}));
  EXPECT_EQ(dml("delete from db.s.t").target, (relation_ref{"s", "t"}));
  EXPECT_EQ(dml("delete from \"S x\".\"T\"\"y\"").target, (relation_ref{"S x", "T\"y"}));
  EXPECT_EQ(dml("delete from \"S x\".\"T\"\"y\"").alias, "\"T\"\"y\"");
  EXPECT_EQ(dml("delete from s.t").alias, "\"t\"");
  EXPECT_EQ(dml("insert into t as A values (1)").alias, "\"a\"");
  EXPECT_EQ(dml("update t \"A\"\"b\" set x = 1").alias, "\"A\"\"b\"");
  EXPECT_EQ(dml("delete from only t as a").alias, "\"a\"");
  EXPECT_TRUE(dml("delete from only t").only);
  EXPECT_TRUE(dml("update only (t) set a = 1").only);
  EXPECT_FALSE(dml("delete from t *").only);
  EXPECT_FALSE(dml("insert into t values (1)").only);
}

TEST(dml, returning_and_conflict) {
  EXPECT_FALSE(dml("delete from t").has_returning);
  EXPECT_TRUE(dml("delete from t returning 1").has_returning);
  EXPECT_FALSE(dml("insert into t values (1) on conflict do nothing").on_conflict_update);
  EXPECT_TRUE(dml("insert into t values (1) on conflict (a) do update set b = 2").on_conflict_update);
}

TEST(dml, assigned_columns) {
  EXPECT_THAT(dml("update t set b = 1, \"A\" = 2").assigned, ElementsAre("A", "b"));
  EXPECT_THAT(dml("update t set (a, b) = (1, 2), c = 3").assigned, ElementsAre("a", "b", "c"));
  EXPECT_THAT(dml("update t set a.x = 1, a.y = 2, b[1] = 3, b[2:3] = $1").assigned, ElementsAre("a", "b"));
  EXPECT_THAT(dml("insert into t (x) values (1) on conflict (x) do update set y = 1, (z) = row(2)").assigned,
              ElementsAre("y", "z"));
  EXPECT_THAT(dml("insert into t (x) values (1)").assigned, IsEmpty());
  EXPECT_THAT(dml("delete from t").assigned, IsEmpty());
}

// "t".* would be refused as ambiguous there, and a statement that works must go on working.
TEST(dml, is_left_alone_where_the_targets_name_is_ambiguous) {
  for (const std::string_view text :
       {"update a.t set x = 1 from b.t", "update t set x = 1 from b.t", "delete from t using b.t",
        "update t set x = 1 from u join b.t on true", "delete from t using u as t",
        "update t set x = 1 from (select 1) t", "update unnest set x = 1 from unnest(array[1])"}) {
    const statement found = only(text);
    EXPECT_EQ(found.effect, effect::unproven) << text;
    EXPECT_FALSE(found.dml) << text;
  }
  for (const std::string_view text :
       {"update t set x = 1 from (select * from t) s", "update t set x = 1 from b.t as c",
        "update t as c set x = 1 from t", "delete from t using u where exists (select from t)",
        "update t set x = 1 from u join v on (select true from t)", "insert into t select * from b.t"})
    EXPECT_EQ(only(text).effect, effect::dml) << text;
}

}  // namespace
}  // namespace pgtandem::sql
