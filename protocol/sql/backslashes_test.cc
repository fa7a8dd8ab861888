#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "protocol/sql/parse.h"

namespace pgtandem::sql {
namespace {

// The statements as they are cut out of the text.
std::vector<std::string> cut(std::string_view text) {
  const auto parsed = parse_with_backslashes(text);
  std::vector<std::string> out;
  if (!parsed.ok) return {"not ok"};
  for (const auto& s : parsed.statements) out.emplace_back(text.substr(s.offset, s.length));
  return out;
}

using texts = std::vector<std::string>;

TEST(backslashes, an_escaped_quote_does_not_end_a_string) {
  EXPECT_EQ(cut(R"(INSERT INTO t VALUES ('it\'s; DELETE FROM t; --'))"),
            texts({R"(INSERT INTO t VALUES ('it\'s; DELETE FROM t; --'))"}));
  EXPECT_EQ(cut(R"(SELECT '\\'; DELETE FROM t)"), texts({R"(SELECT '\\')", "DELETE FROM t"}));
  EXPECT_EQ(parse(R"(SELECT '\\'; DELETE FROM t)").statements.size(), 2U);
}

TEST(backslashes, offsets_are_those_of_the_clients_text) {
  EXPECT_EQ(cut(R"( SELECT 'a\'b', 'c' ;  UPDATE t SET a='\n'||'d\\' ; select 1)"),
            texts({R"(SELECT 'a\'b', 'c')", R"(UPDATE t SET a='\n'||'d\\')", "select 1"}));
  EXPECT_EQ(cut(R"(select'\'';select'\\')"), texts({R"(select'\'')", R"(select'\\')"}));
}

TEST(backslashes, strings_that_go_on_in_the_next_line_are_one) {
  EXPECT_EQ(cut("SELECT 'a'\n '\\';' ; SELECT 2"), texts({"SELECT 'a'\n '\\';'", "SELECT 2"}));
}

TEST(backslashes, other_quotes_are_left_alone) {
  for (const char* text : {R"(SELECT E'\'', "a\", $$\'$$, B'10', X'ff', N'x')", R"(SELECT 1 -- it\'s)",
                           R"(SELECT /* ' \ */ 'x')", R"(SELECT tab'\'' FROM t)"})
    EXPECT_EQ(cut(text), texts({text})) << text;
}

TEST(backslashes, what_a_prefix_leaves_open_is_not_ok) {
  for (const char* text : {R"(SELECT N'\'')", R"(SELECT U&'\0041')", R"(SELECT x'\')", R"(SELECT b'\'')"})
    EXPECT_EQ(cut(text), texts({"not ok"})) << text;
}

TEST(backslashes, what_is_written_is_seen) {
  const auto parsed = parse_with_backslashes(R"(UPDATE t SET v = 'it\'s' WHERE id = 1)");
  ASSERT_EQ(parsed.statements.size(), 1U);
  ASSERT_TRUE(parsed.statements.front().dml);
  EXPECT_EQ(parsed.statements.front().dml->target.name, "t");
}

}  // namespace
}  // namespace pgtandem::sql
