// Values of many megabytes, written as literals, do not keep a statement from being understood.
#include "protocol/sql/long_strings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "protocol/sql/parse.h"
#include "protocol/sql/parse_limits.h"

namespace pgtandem::sql {
namespace {

using testing::ElementsAre;

const std::string value(max_text_bytes + 1, 'x');

std::vector<std::string> cut(std::string_view text) {
  std::vector<std::string> result;
  const parsed_text parsed = parse(text);
  EXPECT_TRUE(parsed.ok);
  for (const statement& one : parsed.statements) result.emplace_back(text.substr(one.offset, one.length));
  return result;
}

TEST(long_strings, a_statement_with_a_huge_value_is_understood) {
  const std::string text = "insert into t values (1, '" + value + "'::bytea, E'" + value + "')";
  const parsed_text parsed = parse(text);
  ASSERT_TRUE(parsed.ok);
  ASSERT_EQ(parsed.statements.size(), 1U);
  EXPECT_EQ(parsed.statements[0].effect, effect::dml);
  EXPECT_EQ(parsed.statements[0].dml->target.name, "t");
}

TEST(long_strings, places_are_those_of_the_original) {
  const std::string first = "update t set a = '" + value + "', b = '" + value + "' where id = 1";
  const std::string second = "insert into t select '" + value + "'";
  EXPECT_THAT(cut(" begin; " + first + " ;" + second + ";commit "),
              ElementsAre("begin", first, second, "commit"));
}

TEST(long_strings, quotes_inside_do_not_end_a_string) {
  for (const std::string& text : {
           "select '" + value + "''; delete from t; --'",
           "select E'" + value + "\\'; delete from t; --'",
           "select e'" + value + "'\n  '\\'; delete from t; --'",
           "select '" + value + "'\n '; delete from t; --'",
       })
    EXPECT_THAT(cut(text), ElementsAre(text)) << text.substr(value.size());
}

TEST(long_strings, quotes_elsewhere_do_not_begin_a_string) {
  const std::string rest = "delete from t where a = '" + value + "'";
  for (const std::string before : {"/* ' */", "-- '\n", "\"'\"", "$$'$$", "$a$'$a$"}) {
    const std::string first =
        "select 1 as a " + (before[0] == '-' || before[0] == '/' ? before : ", " + before);
    EXPECT_EQ(cut(first + "; " + rest).back(), rest) << before;
  }
}

TEST(long_strings, only_strings_are_taken_out) {
  EXPECT_FALSE(parse("do $$" + value + "$$").ok);
  EXPECT_FALSE(parse("select \"" + value + "\"").ok);
  EXPECT_FALSE(parse("select 1 /*" + value + "*/").ok);
  EXPECT_FALSE(parse("select '" + value + std::string(1, '\0') + "'").ok);
}

TEST(long_strings, a_string_without_end_is_an_error) {
  for (const std::string end : {"", "''", "\\''", "\\\\''"}) {
    EXPECT_FALSE(parse("delete from t where a = '" + value + end).ok) << end;
    EXPECT_EQ(parse("delete from t where a = E'" + value + end).ok, end == "\\''") << end;
  }
}

TEST(long_strings, short_strings_stay) {
  const std::string text =
      "select '" + std::string(100, 'x') + "', E'a\\'b', '" + std::string(5000, 'y') + "'";
  EXPECT_EQ(without_long_strings(text).text(), "select '" + std::string(100, 'x') + "', E'a\\'b', ''");
}

}  // namespace
}  // namespace pgtandem::sql
