#include "protocol/sql/shape.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

namespace pgtandem::sql {
namespace {

std::optional<std::string> shape(std::string_view text) {
  std::string made = "left over";
  if (!take_literals_out(text, made)) return std::nullopt;
  return made;
}

TEST(shape, replaces_strings_and_numbers_by_their_kind) {
  EXPECT_EQ(shape("select 17"), "select \x01");
  EXPECT_EQ(shape("select 1.5"), "select \x02");
  EXPECT_EQ(shape("select 'a''b;--/*'"), "select \x03");
  EXPECT_EQ(shape("select ''"), "select \x03");
  EXPECT_EQ(shape("select ''''"), "select \x03");
  EXPECT_EQ(shape("select 1-1, a.b>=2, c[3:4], f(-5)"),
            "select \x01-\x01, a.b>=\x01, c[\x01:\x01], f(-\x01)");
  EXPECT_EQ(shape("select 'a'\n'b'"), "select \x03\n\x03");
}

TEST(shape, tells_the_sizes_apart_that_the_grammar_does) {
  EXPECT_EQ(shape("select 1999999999"), "select \x01");
  EXPECT_EQ(shape("select 000000001"), "select \x01");
  EXPECT_EQ(shape("select 3000000000"), "select \x02");
  EXPECT_EQ(shape("select 12345678901234567890"), "select \x02");
  EXPECT_EQ(shape("select 2147483647"), std::nullopt);
  EXPECT_EQ(shape("select 2147483648"), std::nullopt);
  EXPECT_EQ(shape("select 00000000001"), std::nullopt);
}

TEST(shape, keeps_what_is_no_literal) {
  EXPECT_EQ(shape("select x1, _2, t$3, ä4, \"5'6\", $7 from t where a = 8"),
            "select x1, _2, t$3, ä4, \"5'6\", $7 from t where a = \x01");
  EXPECT_EQ(shape("select \"a\"\"1\"\"\" + 1"), "select \"a\"\"1\"\"\" + \x01");
}

TEST(shape, is_none_without_a_literal) {
  for (const std::string_view text : {"", "select a", "select $1 from t2", "select \"1\""})
    EXPECT_EQ(shape(text), std::nullopt) << text;
}

TEST(shape, is_none_where_the_cut_is_not_certain) {
  using namespace std::string_view_literals;
  for (const std::string_view text : {"select 1 -- x"sv,
                                      "select 1 /* x */"sv,
                                      "select 'a\\'"sv,
                                      "select 1\\"sv,
                                      "select E'a'"sv,
                                      "select e'a'"sv,
                                      "select B'1'"sv,
                                      "select x'1f'"sv,
                                      "select N'a'"sv,
                                      "select U&'a'"sv,
                                      "select U&\"a\" uescape '!'"sv,
                                      "select u&\"a\", 1"sv,
                                      "select $$a$$, 1"sv,
                                      "select $t$a$t$, 1"sv,
                                      "select 1e5"sv,
                                      "select 1.5e-3"sv,
                                      "select 0x1f"sv,
                                      "select 1_000"sv,
                                      "select .5"sv,
                                      "select 1."sv,
                                      "select 1..2"sv,
                                      "select 1.2.3"sv,
                                      "select 1a"sv,
                                      "select $1a, 1"sv,
                                      "select 'open"sv,
                                      "select \"open, 1"sv,
                                      "select '\0'"sv,
                                      "select 1\0"sv,
                                      "select \x01, 1"sv,
                                      "select \"\x01\", 1"sv,
                                      "select 1$1"sv,
                                      "select a\"b\", 1"sv})
    EXPECT_EQ(shape(text), std::nullopt) << text;
}

}  // namespace
}  // namespace pgtandem::sql
