#include "protocol/catalog/shape.h"

#include <gtest/gtest.h>

namespace pgtandem::catalog {
namespace {

using lines = std::vector<std::string>;

TEST(describe_alteration, says_nothing_of_what_is_the_same_in_another_order) {
  EXPECT_EQ(describe_alteration({"table 1", "column a text"}, {"column a text", "table 1"}), "");
}

TEST(describe_alteration, names_what_was_altered_came_and_went) {
  EXPECT_EQ(
      describe_alteration({"table 1", "column a numeric(10,2)", "column b text", "key (a)"},
                          {"table 1", "column a numeric(12,4)", "column c text", "key (a)"}),
      "column a numeric(10,2) became column a numeric(12,4); column c text is new; column b text is gone");
}

TEST(describe_alteration, tells_quoted_names_apart) {
  EXPECT_EQ(describe_alteration({"column \"a b\" text", "column \"a c\" text"},
                                {"column \"a b\" integer", "column \"a c\" text"}),
            "column \"a b\" text became column \"a b\" integer");
}

TEST(describe_alteration, tells_of_a_key_and_of_partitions) {
  EXPECT_EQ(describe_alteration({"key (a)", "partition p1 7"}, {"key (a, b)", "partition p1 8"}),
            "key (a, b) is new; partition p1 7 became partition p1 8; key (a) is gone");
}

}  // namespace
}  // namespace pgtandem::catalog
