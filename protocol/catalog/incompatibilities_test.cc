#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "protocol/catalog/load.h"

namespace pgtandem::catalog {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

column make(const std::string& name, const std::string& type, bool not_null = false) {
  column c;
  c.name = name;
  c.type = type;
  c.not_null = not_null;
  return c;
}

relation orders() {
  relation r;
  r.name = {"public", "orders"};
  r.columns = {make("id", "bigint", true), make("note", "text")};
  r.key = {key_column{}};
  return r;
}

TEST(incompatibilities, none_between_equals) {
  const auto target = orders();
  EXPECT_THAT(incompatibilities(orders(), &target), IsEmpty());
}

TEST(incompatibilities, columns_match_by_name_in_any_order) {
  auto target = orders();
  std::swap(target.columns[0], target.columns[1]);
  target.key[0].column = 1;
  EXPECT_THAT(incompatibilities(orders(), &target), IsEmpty());
}

TEST(incompatibilities, a_missing_table) {
  EXPECT_EQ(incompatibilities(orders(), nullptr).size(), 1U);
}

TEST(incompatibilities, rules_of_the_target) {
  auto legacy = orders();
  legacy.has_rules = true;
  auto target = orders();
  EXPECT_THAT(incompatibilities(legacy, &target), IsEmpty());
  target.has_rules = true;
  EXPECT_THAT(incompatibilities(legacy, &target), ElementsAre(HasSubstr("rules")));
}

TEST(incompatibilities, a_missing_column_and_another_type) {
  auto target = orders();
  target.columns[0].type = "integer";
  target.columns.pop_back();
  EXPECT_THAT(incompatibilities(orders(), &target),
              ElementsAre(HasSubstr("\"id\" has type bigint"), HasSubstr("lacks column \"note\"")));
}

TEST(incompatibilities, the_targets_own_columns_must_fill_themselves) {
  auto target = orders();
  target.columns.push_back(make("tenant", "int"));
  EXPECT_THAT(incompatibilities(orders(), &target), IsEmpty());
  target.columns.back().not_null = true;
  EXPECT_THAT(incompatibilities(orders(), &target), ElementsAre(HasSubstr("\"tenant\"")));
  target.columns.back().has_default = true;
  EXPECT_THAT(incompatibilities(orders(), &target), IsEmpty());
}

TEST(incompatibilities, null_must_be_allowed_where_legacy_allows_it) {
  auto target = orders();
  target.columns[1].not_null = true;
  EXPECT_THAT(incompatibilities(orders(), &target), ElementsAre(HasSubstr("may be NULL on legacy")));
}

TEST(incompatibilities, generated_columns_must_be_generated_on_both_sides) {
  auto target = orders();
  target.columns[1].generated = true;
  EXPECT_EQ(incompatibilities(orders(), &target).size(), 1U);
  auto legacy = orders();
  legacy.columns[1].generated = true;
  EXPECT_THAT(incompatibilities(legacy, &target), IsEmpty());
  const auto plain = orders();
  EXPECT_EQ(incompatibilities(legacy, &plain).size(), 1U);
}

TEST(incompatibilities, keys_must_have_the_same_columns) {
  auto target = orders();
  target.key.clear();
  EXPECT_THAT(incompatibilities(orders(), &target), ElementsAre(HasSubstr("no usable key")));
  target = orders();
  target.key[0].column = 1;
  EXPECT_THAT(incompatibilities(orders(), &target),
              ElementsAre(HasSubstr("the key is (\"id\") on legacy and (\"note\")")));
}

}  // namespace
}  // namespace pgtandem::catalog
