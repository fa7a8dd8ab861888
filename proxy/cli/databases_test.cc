#include "proxy/cli/databases.h"

#include <gtest/gtest.h>

#include "proxy/cli/invocation.h"

namespace pgtandem::proxy {
namespace {

config with(std::initializer_list<const char*> names) {
  config c;
  for (const char* name : names) c.databases[name].name = name;
  return c;
}

TEST(databases, all_or_the_named_one) {
  const config c = with({"a", "b"});
  EXPECT_EQ(chosen_databases(c, "").size(), 2U);
  ASSERT_EQ(chosen_databases(c, "b").size(), 1U);
  EXPECT_EQ(chosen_databases(c, "b")[0]->name, "b");
  EXPECT_THROW((void)chosen_databases(c, "c"), usage_error);
}

TEST(databases, one_has_to_be_named_among_several) {
  EXPECT_EQ(only_database(with({"a"}), "").name, "a");
  EXPECT_EQ(only_database(with({"a", "b"}), "a").name, "a");
  EXPECT_THROW((void)only_database(with({"a", "b"}), ""), usage_error);
}

TEST(databases, tables_without_a_schema_are_in_public) {
  EXPECT_EQ(with_schema("t"), "public.t");
  EXPECT_EQ(with_schema("s.t"), "s.t");
}

}  // namespace
}  // namespace pgtandem::proxy
