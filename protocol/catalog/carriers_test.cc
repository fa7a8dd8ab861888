#include "protocol/catalog/carriers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pgtandem::catalog {
namespace {

using sort = carrier::sort;
using ::testing::ElementsAre;
using ::testing::Optional;

change::table_name table(const char* name) {
  return {"public", name};
}
carrier key(const char* from, const char* to) {
  return {sort::foreign_key, table(from), table(to), "", 0};
}
carrier of(sort what, const char* on) {
  return {what, table(on), std::nullopt, "", 0};
}

TEST(carriers, code_of_users_reaches_any_table) {
  for (const sort what : {sort::trigger, sort::deferred_trigger, sort::rule})
    EXPECT_EQ(reached(of(what, "a"), {}), std::nullopt);
}

TEST(carriers, keys_and_children_reach_what_lies_behind_them) {
  const carriers all{key("a", "b"),
                     key("b", "c"),
                     key("c", "a"),
                     key("x", "y"),
                     {sort::child, table("b"), table("heir"), "", 0}};
  EXPECT_THAT(reached(all[0], all), Optional(ElementsAre(table("a"), table("b"), table("c"), table("heir"))));
  EXPECT_THAT(reached(all[3], all), Optional(ElementsAre(table("y"))));
}

TEST(carriers, keys_that_reach_code_reach_any_table) {
  EXPECT_EQ(reached(key("a", "b"), {key("a", "b"), key("b", "c"), of(sort::trigger, "c")}), std::nullopt);
  EXPECT_THAT(reached(key("a", "b"), {key("a", "b"), of(sort::rule, "a"), of(sort::policy, "b")}),
              Optional(ElementsAre(table("b"))));
}

TEST(carriers, row_security_hides_rows_of_its_table_alone) {
  EXPECT_THAT(reached(of(sort::policy, "a"), {of(sort::trigger, "a")}), Optional(ElementsAre(table("a"))));
}

}  // namespace
}  // namespace pgtandem::catalog
