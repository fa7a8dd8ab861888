#include "reconciler/compare/buckets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pgtandem::reconciler {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(bucket_count, follows_the_rows_within_bounds) {
  EXPECT_EQ(bucket_count(0), 16U);
  EXPECT_EQ(bucket_count(-1), 16U);
  EXPECT_EQ(bucket_count(16 * 500), 16U);
  EXPECT_EQ(bucket_count(16 * 500 + 1), 32U);
  EXPECT_EQ(bucket_count(1e12), 65'536U);
}

TEST(total_checksum, does_not_depend_on_the_split_nor_on_the_sign) {
  const bucket_sums one{{0, {3, "18446744073709551617"}}};  // 2^64 + 1
  const bucket_sums two{{0, {1, "-9223372036854775808"}}, {5, {2, "27670116110564327425"}}};
  EXPECT_EQ(total_checksum(one), "0000000000000001");
  EXPECT_EQ(total_checksum(two), total_checksum(one));
  EXPECT_EQ(total_rows(two), 3U);
  EXPECT_EQ(total_checksum({{0, {1, "-1"}}}), "ffffffffffffffff");
}

TEST(differing_groups, equal_sides_have_none) {
  const bucket_sums a{{1, {2, "5"}}, {2, {1, "7"}}};
  EXPECT_THAT(differing_groups(a, a, 100), IsEmpty());
}

TEST(differing_groups, a_bucket_differs_by_count_by_sum_or_by_being_there) {
  const bucket_sums legacy{{1, {2, "5"}}, {2, {1, "7"}}, {3, {1, "1"}}, {4, {1, "9"}}};
  const bucket_sums target{{1, {1, "5"}}, {2, {1, "8"}}, {4, {1, "9"}}, {6, {1, "0"}}};
  EXPECT_THAT(differing_groups(legacy, target, 100), ElementsAre(ElementsAre(1U, 2U, 3U, 6U)));
}

TEST(differing_groups, are_bounded_by_the_larger_side_of_each_bucket) {
  const bucket_sums legacy{{1, {60, "5"}}, {2, {10, "7"}}, {3, {500, "1"}}};
  const bucket_sums target{{1, {1, "6"}}, {2, {50, "8"}}};
  EXPECT_THAT(differing_groups(legacy, target, 100),
              ElementsAre(ElementsAre(1U), ElementsAre(2U), ElementsAre(3U)));
}

TEST(bucket_bitmap, counts_bits_as_get_bit_does) {
  EXPECT_EQ(bucket_bitmap({0, 9, 15}, 16), "\\x0182");
}

}  // namespace
}  // namespace pgtandem::reconciler
