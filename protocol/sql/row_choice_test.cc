#include "protocol/sql/row_choice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "protocol/sql/parse.h"

namespace pgtandem::sql {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::optional<row_choice> chosen(std::string_view text) {
  const parsed_text parsed = parse(text);
  EXPECT_TRUE(parsed.ok && parsed.statements.size() == 1 && parsed.statements[0].dml) << text;
  const statement& s = parsed.statements.at(0);
  return choose_rows(text.substr(s.offset, s.length), *s.dml);
}

std::string from_where(std::string_view text) {
  const auto choice = chosen(text);
  EXPECT_TRUE(choice) << text;
  if (!choice) return {};
  EXPECT_TRUE(parse("SELECT 1 " + choice->from_where).ok) << choice->from_where;
  return choice->from_where;
}

TEST(row_choice, of_a_delete_is_made_alike) {
  EXPECT_EQ(from_where("delete from only s.t as x where x.id = $2 or v is null returning *"),
            "FROM ONLY \"s\".\"t\" AS \"x\" where x.id = $2 or v is null \n");
  EXPECT_EQ(from_where("delete from t"), "FROM \"t\"");
  EXPECT_FALSE(chosen("delete from t using u where u.id = t.id"));
  EXPECT_FALSE(chosen("delete from t where abs(id) = 1"));
  EXPECT_FALSE(chosen("with u as (select 1) delete from t where id = 1"));
}

TEST(row_choice, is_the_targets_name_and_the_condition_as_it_stands) {
  EXPECT_EQ(from_where("update t set id = 2"), "FROM \"t\"");
  EXPECT_EQ(from_where("UPDATE only S.t AS \"X y\" SET id = 2 WHERE \"X y\".id = 1 -- end"),
            "FROM ONLY \"s\".\"t\" AS \"X y\" WHERE \"X y\".id = 1 -- end\n");
  EXPECT_EQ(from_where("update s.t set id = 2 where s.t.id = 1 returning id, 'where'"),
            "FROM \"s\".\"t\" where s.t.id = 1 \n");
  EXPECT_EQ(from_where("update set set set = (select 1 where true), \"where\" = 3 where (a) in (1, 2)"),
            "FROM \"set\" where (a) in (1, 2)\n");
  EXPECT_EQ(from_where("update t as set set v.where = 1, c.returning = d.where where t.where = 'where'"),
            "FROM \"t\" AS \"set\" where t.where = 'where'\n");
}

TEST(row_choice, names_the_parameters_of_the_condition) {
  const auto choice = chosen("update t set id = $1, v = $7 where id = $4 and v in ('a', $3) and $4::int > 1");
  ASSERT_TRUE(choice);
  EXPECT_THAT(choice->parameters, ElementsAre(3, 4));
  EXPECT_THAT(chosen("update t set id = $1")->parameters, IsEmpty());
}

TEST(row_choice, is_refused_where_a_moment_later_it_may_mean_others) {
  for (const std::string_view text :
       {"update t set id = 2 from u where u.id = t.id", "with c as (select 1) update t set id = 2",
        "update t set id = 2 where id in (select 1)", "update t set id = 2 where random() < 0.5",
        "update t set id = 2 where current of c", "update t set id = 2 where id operator(s.=) 1",
        "update t set id = 2 where id = '1'::s.type", "update t set id = 2 where exists (select from u)",
        "update t set id = 2 where at < current_timestamp", "update t set id = 2 where v = 'a\\'"})
    EXPECT_FALSE(chosen(text)) << text;
  dml_info dml;
  dml.target.name = "t";
  EXPECT_FALSE(choose_rows("PREPARE p AS UPDATE t SET id = 2", dml));
}

TEST(conflict, that_assigns_the_proposed_key_keeps_it) {
  const std::vector<std::string> key = {"a", "b"};
  const auto keeps = [&](const std::string& clause) {
    return conflict_keeps("insert into t values (1, 2) on conflict " + clause, key);
  };
  EXPECT_TRUE(keeps("(b, a) do update set a = excluded.a, v = 1"));
  EXPECT_TRUE(keeps("(a, b) do update set a = excluded.a, b = excluded.b, v = t.v where t.v > 1"));
  EXPECT_FALSE(keeps("(a, b) do update set a = excluded.b"));
  EXPECT_FALSE(keeps("(a, b) do update set a = excluded.a + 1"));
  EXPECT_FALSE(keeps("(a, b) do update set (a, b) = (1, 2)"));
  EXPECT_FALSE(keeps("(a, b) do update set a = t.a"));
  EXPECT_FALSE(keeps("(a) do update set a = excluded.a"));
  EXPECT_FALSE(keeps("(a, lower(b)) do update set a = excluded.a"));
  EXPECT_FALSE(keeps("(a, b) where a > 1 do update set a = excluded.a"));
  EXPECT_FALSE(keeps("on constraint k do update set a = excluded.a"));
  EXPECT_FALSE(keeps("do nothing"));
}

}  // namespace
}  // namespace pgtandem::sql
