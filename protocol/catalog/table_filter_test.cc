#include <gtest/gtest.h>

#include "protocol/catalog/load.h"

namespace pgtandem::catalog {
namespace {

bool matches(const std::string& pattern, const change::table_name& t) {
  return table_filter{{pattern}, {}}.matches(t);
}

TEST(table_filter, wildcards_and_case) {
  EXPECT_TRUE(matches("public.*", {"public", "orders"}));
  EXPECT_FALSE(matches("public.*", {"publica", "orders"}));
  EXPECT_TRUE(matches("PUBLIC.Ord?rs", {"public", "orders"}));
  EXPECT_FALSE(matches("public.orders", {"public", "Orders"}));
  EXPECT_TRUE(matches("public.or*s*t", {"public", "orders_sent"}));
  EXPECT_FALSE(matches("public.or*s*t", {"public", "orders_sent_"}));
  EXPECT_TRUE(matches("*.*", {"a.b", ""}));
  EXPECT_TRUE(matches("s.t?", {"s", "té"}));
  EXPECT_FALSE(matches("s.t??", {"s", "té"}));
}

TEST(table_filter, double_quotes_protect) {
  EXPECT_TRUE(matches(R"("Odd.Name".t?)", {"Odd.Name", "t1"}));
  EXPECT_TRUE(matches(R"(s."a*")", {"s", "a*"}));
  EXPECT_FALSE(matches(R"(s."a*")", {"s", "ab"}));
  EXPECT_TRUE(matches(R"(s."say ""hi""")", {"s", "say \"hi\""}));
  EXPECT_TRUE(matches(R"(s.A"B"C)", {"s", "aBc"}));
}

TEST(table_filter, exclude_wins) {
  const table_filter f{{"public.*", "audit.log"}, {"public.tmp_*"}};
  EXPECT_TRUE(f.matches({"public", "a"}));
  EXPECT_TRUE(f.matches({"audit", "log"}));
  EXPECT_FALSE(f.matches({"public", "tmp_1"}));
  EXPECT_FALSE(f.matches({"audit", "other"}));
  EXPECT_FALSE((table_filter{{}, {}}.matches({"public", "a"})));
}

TEST(table_filter, names_what_is_wrong_with_a_pattern) {
  EXPECT_EQ(check_pattern("public.*"), std::nullopt);
  EXPECT_EQ(check_pattern(R"("a.b"."c.d")"), std::nullopt);
  for (const char* bad : {"orders", "", ".", "a.", ".b", "a.b.c", "a.\"b", "\"a.b\""}) {
    EXPECT_NE(check_pattern(bad), std::nullopt) << bad;
  }
}

// Many stars must not take exponential time.
TEST(table_filter, is_linear_in_the_number_of_stars) {
  std::string stars;
  for (int i = 0; i < 40; ++i) stars += "*a";
  EXPECT_FALSE(matches("s." + stars + "b", {"s", std::string(2000, 'a')}));
}

}  // namespace
}  // namespace pgtandem::catalog
