// The rewritten text is parsed again: one result column more, and nothing else changed.
#include "protocol/sql/rewrite.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "protocol/sql/parse.h"
#include "protocol/sql/syntax_tree.h"

namespace pgtandem::sql {
namespace {

struct returning_list {
  PgQuery__Node** items = nullptr;
  std::size_t* count = nullptr;
};

returning_list returning_of(PgQuery__Node& node) {
  switch (node.node_case) {
    case PG_QUERY__NODE__NODE_INSERT_STMT:
      return {node.insert_stmt->returning_list, &node.insert_stmt->n_returning_list};
    case PG_QUERY__NODE__NODE_UPDATE_STMT:
      return {node.update_stmt->returning_list, &node.update_stmt->n_returning_list};
    case PG_QUERY__NODE__NODE_DELETE_STMT:
      return {node.delete_stmt->returning_list, &node.delete_stmt->n_returning_list};
    default:
      return {};
  }
}

std::vector<unsigned char> packed(const PgQuery__Node& node) {
  std::vector<unsigned char> bytes(pg_query__node__get_packed_size(&node));
  pg_query__node__pack(&node, bytes.data());
  return bytes;
}

constexpr std::string_view image = "pg_catalog.concat(pg_catalog.row_to_json(\"t\".*), ')', $$--$$)";

void expect_one_more_column(std::string_view text) {
  SCOPED_TRACE(text);
  const parsed_text parsed = parse(text);
  ASSERT_TRUE(parsed.ok);
  for (const statement& one : parsed.statements) {
    if (!one.dml) continue;
    const std::string_view before = text.substr(one.offset, one.length);
    const std::string after = add_returning(before, *one.dml, image);
    EXPECT_TRUE(after.starts_with(before));  // so that error positions stay true
    const auto old_tree = syntax_tree::parse(before);
    const auto new_tree = syntax_tree::parse(after);
    ASSERT_TRUE(old_tree);
    ASSERT_TRUE(new_tree) << after;
    ASSERT_EQ(new_tree->root().n_stmts, 1u) << after;
    PgQuery__Node& old_node = *old_tree->root().stmts[0]->stmt;
    PgQuery__Node& new_node = *new_tree->root().stmts[0]->stmt;
    const returning_list old_list = returning_of(old_node);
    const returning_list new_list = returning_of(new_node);
    ASSERT_EQ(*new_list.count, *old_list.count + 1);
    EXPECT_STREQ(new_list.items[*new_list.count - 1]->res_target->name, "pgtandem_image");
    // Without that column the trees are equal to the last byte, positions included.
    --*new_list.count;
    EXPECT_EQ(packed(old_node), packed(new_node)) << after;
    // And what was proven of the statement stays so.
    const parsed_text again = parse(after);
    ASSERT_EQ(again.statements.size(), 1u);
    EXPECT_EQ(again.statements[0].kind, one.kind);
    EXPECT_EQ(again.statements[0].effect, one.effect);
    EXPECT_EQ(again.statements[0].dml->alias, one.dml->alias);
  }
}

TEST(rewrite, adds_one_column_and_changes_nothing_else) {
  for (const std::string_view text : {
           "insert into t values (1)",
           "insert into t default values",
           "insert into t values (1) -- comment",
           "insert into t values (1) /* comment */ ;",
           "insert into t values ('a') returning 'x' -- comment",
           "insert into t select a from b",
           "insert into t select a from b order by c limit 5 for update",
           "insert into t select 1 union all select 2",
           "insert into t table b",
           "insert into t (a) values (1) on conflict do nothing",
           "insert into t (a) values (1) on conflict (a) do update set b = excluded.b where t.c",
           "insert into t as x (a) values (1) returning *",
           "with q as (select 1) insert into t select * from q returning id as foo, 1 bar",
           "update t set a = 1",
           "update t set a = 'x'",
           "update t set a = b -- c",
           "update t set a = 1 from u where t.id = u.id",
           "update only s.t as x set (a, b) = (select 1, 2) where c = $1 returning x.a, (select max(b) from "
           "u)",
           "update t set a = 1 where current of c",
           "update t set a = current_date",
           "delete from t",
           "delete from t using u",
           "delete from t u",
           "delete from t where a = E'\\'' returning a[1]",
           "delete from t where a is not null;  ",
           "  delete from t returning \"select\"",
           "begin; update t set a = 1 ; delete from t returning 1 -- x\n; insert into t values (f()); commit",
       })
    expect_one_more_column(text);
}

TEST(rewrite, text) {
  dml_info dml;
  EXPECT_EQ(add_returning("delete from t", dml, "x"), "delete from t\n RETURNING x AS pgtandem_image");
  dml.has_returning = true;
  EXPECT_EQ(add_returning("delete from t returning a", dml, "x"),
            "delete from t returning a\n, x AS pgtandem_image");
}

}  // namespace
}  // namespace pgtandem::sql
