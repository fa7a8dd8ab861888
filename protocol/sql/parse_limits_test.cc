#include "protocol/sql/parse_limits.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <utility>
#include <vector>

#include "protocol/sql/lexical.h"
#include "protocol/sql/syntax_tree.h"

namespace pgtandem::sql {
namespace {

// Depth of the tree in messages, Node wrappers not counted: they double every level.
std::size_t tree_depth(const ProtobufCMessage& node) {
  std::vector<visited_node> children;
  append_children(node, children);
  std::size_t deepest = 0;
  for (const visited_node& child : children) deepest = std::max(deepest, tree_depth(*child.node));
  return deepest + (node.descriptor == &pg_query__node__descriptor ? 0 : 1);
}

std::string repeat(std::string_view piece, std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += piece;
  return text;
}

// The measure has to grow with the tree, whatever makes it deep. Nine levels are there in any statement.
TEST(parse_limits, measure_bounds_the_depth_of_the_tree) {
  struct {
    std::string_view before, piece, middle, closing;
  } const cases[] = {
      {"select 1", "+1", "", ""},
      {"select 1", "+ 1 * 2 - 3", "", ""},
      {"select ", "@ ", "1", ""},
      {"select ", "+-", " 1", ""},
      {"select ", "not ", "a", ""},
      {"select a", "::a", "", ""},
      {"select a", " .and + a", "", ""},
      {"select a", " is null", "", ""},
      {"select a", " collate b", "", ""},
      {"select a", " at time zone a", "", ""},
      {"select 1", " union select a, b, c", "", ""},
      {"select 1", " except values (1, 2), (3, 4)", "", ""},
      {"select ", "(select ", "1", ")"},
      {"select ", "a, (select b, ", "1", ")"},
      {"select ", "array[", "1", "]"},
      {"select a", "[a", "", "]"},
      {"select ", "f(1, ", "1", ")"},
      {"select ", "(1 + ", "1", ")"},
      {"select ", "(", "1", " + 1 + 2)"},
      {"select ", "(", "1", " and a)"},
      {"select ", "(a or b and (", "1", "))"},
      {"select ", "case when ", "1", " then 1 end"},
      {"select ", "case when 1 then 2 else ", "1", " end"},
      {"select ", "case when @ @ - @ ", "1", " then 1 end"},
      {"select ", "a between 1 and not ", "1", ""},
      {"select ", "a - case when - 1 and ", "1", " then 1 end"},
      {"select ", "- case when 1 and ", "1", " then 1 end"},
      {"select 1 from a", " join b on 1 and 2", "", ""},
      {"select 1 from ", "a join ", "a", " on 1 or 2"},
      {"select 1 from ", "(a join ", "a", " on 1)"},
      {"select * from ", "(select * from ", "a", ") x"},
      {"with a as (", "with a as (", "select 1", ") table a"},
      {"select row_number() over (order by ", "f() over (order by ", "1", ")"},
      {"select ", "exists (table a except select 1 where ", "true", ")"},
      {"select ", "f(x => ", "1", ")"},
  };
  constexpr std::size_t base = 9;
  for (const auto& one : cases) {
    for (const std::size_t count : {1u, 10u, 150u}) {
      std::string text = std::string(one.before) + repeat(one.piece, count) + std::string(one.middle) +
                         repeat(one.closing, count);
      if (one.before.ends_with("over (order by ")) text += ")";
      if (one.before.starts_with("with")) text += ") table a";
      const auto tree = syntax_tree::parse(text);
      ASSERT_TRUE(tree) << text;
      EXPECT_LE(tree_depth(tree->root().base), base + measure(text).nesting) << text;
    }
  }
}

// Grows an expression by wrapping it again and again, so that every way to nest meets every other.
TEST(parse_limits, measure_bounds_random_expressions) {
  static const std::vector<std::pair<std::string, std::string>> wraps = {
      {"1 + ", ""},
      {"", " + 1"},
      {"- ", ""},
      {"not ", ""},
      {"@ ", ""},
      {"", " is null"},
      {"", "::a"},
      {"(", ")"},
      {"f(", ")"},
      {"f(a, ", ", b)"},
      {"array[", "]"},
      {"a[", "]"},
      {"a in (", ", 2)"},
      {"case when ", " then 1 end"},
      {"case a when 1 then ", " else 2 end"},
      {"case when a then b else ", " end"},
      {"a and ", ""},
      {"", " or a"},
      {"a between 1 and ", ""},
      {"(select ", ")"},
      {"exists (select a, ", " from b)"},
      {"(select a from b join c on ", ")"},
      {"(select 1 union all select ", " union select 2, 3)"},
      {"(values (", "), (1))"},
      {"(with q as (select ", ") table q)"},
      {"row(", ", 1).b"},
      {"", " collate c"},
      {"", " at time zone 'x'"},
      {"sum(a) over (order by ", ")"},
      {"count(*) filter (where ", ")"},
      {"cast(", " as a)"},
      {"coalesce(1, ", ")"},
      {"", " like a"},
      {"a = any (", ")"},
      {"xmlelement(name a, ", ")"},
      {"(select from (select ", ") x)"},
      {"(select from a, lateral f(", "))"},
      {"", " in (select 1)"}};
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  std::size_t parsed = 0;
  for (int round = 0; round < 3'000; ++round) {
    std::string text = "a";
    for (auto levels = random() % 60; levels != 0; --levels) {
      const auto& [before, after] = wraps[random() % wraps.size()];
      text = before + text + after;
    }
    text = "select " + text;
    const auto tree = syntax_tree::parse(text);
    if (!tree) continue;
    ++parsed;
    ASSERT_LE(tree_depth(tree->root().base), 9 + measure(text).nesting) << text;
  }
  EXPECT_GT(parsed, 500u);
}

TEST(parse_limits, lists_do_not_count_as_depth) {
  const auto nesting = [](std::string_view piece) {
    return measure("select a" + repeat(piece, 1'000)).nesting;
  };
  for (const std::string_view flat :
       {", a + 1", " and b = 1", " or c", "; select 1 + 2", ", (1, 2)", ", 'and not'", ", \"case\"",
        ", $$ case ( $$", ", E'\\'(('", ", $t$ (( $x$ $t$", " -- not not (\n", " /* case /* ( */ ( */ ",
        ", E'a'\n'\\'(('", ", a.b.c", ", case when not a then - 1 end", ", a between 1 and 2"})
    EXPECT_LT(nesting(flat), 40u) << flat;
}

TEST(parse_limits, a_dollar_or_quote_inside_something_else_hides_nothing) {
  for (const std::string_view start : {"select a$b$ ", "select 'it''s' ", "select \"a'b\" ", "select '\\' ",
                                       "select $1 ", "select U&'\\' ", "select e", "select -- '\n "})
    EXPECT_GT(measure(std::string(start) + repeat("+1", 500)).nesting, 500u) << start;
}

TEST(parse_limits, counts_statements_and_tokens) {
  EXPECT_EQ(measure("").statements, 1u);
  EXPECT_EQ(measure("select 1; select 2").statements, 2u);
  EXPECT_EQ(measure("create rule r as on insert to t do (select 1; select 2)").statements, 2u);
  EXPECT_GE(measure("select a, b from t where c = 1").tokens, 10u);
}

TEST(parse_limits, refuse_what_would_exhaust_stack_or_memory) {
  EXPECT_TRUE(within_parse_limits(repeat("(", 1'000)));
  EXPECT_TRUE(within_parse_limits("select 1" + repeat("+1", 700)));
  EXPECT_FALSE(within_parse_limits("select 1" + repeat("+1", 800)));
  EXPECT_FALSE(within_parse_limits(repeat(";", max_statements)));
  EXPECT_FALSE(within_parse_limits(repeat("1,", max_tokens / 2)));
  EXPECT_FALSE(within_parse_limits(std::string(max_text_bytes + 1, ' ')));
  EXPECT_TRUE(within_parse_limits("'" + std::string(max_text_bytes - 2, 'x') + "'"));
}

TEST(lexical, cuts_tokens) {
  scanner scan("Ab$1 1.5e3 'a''b'-1::x>=$2 E'\\'' \"q\"\"\" $t$;$t$;.[/* x */a--");
  std::string cut;
  for (token next = scan.next(); next.kind != token_kind::end; next = scan.next())
    cut += std::string(next.text) + "|";
  EXPECT_EQ(cut, "Ab$1|1.5|e3|'a''b'|-|1|:|:|x|>=|$2|E'\\''|\"q\"\"\"|$t$;$t$|;|.|[|a|");
}

}  // namespace
}  // namespace pgtandem::sql
