#include "protocol/change/value_text.h"

#include <gtest/gtest.h>

#include <bit>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>

namespace pgtandem::change {
namespace {

std::string hex16(std::uint64_t v) {
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(v));
  return text;
}

TEST(value_text, floats_as_postgresql_spells_them) {
  EXPECT_EQ(float8_text("3fb999999999999a"), "0.1");
  EXPECT_EQ(float8_text("7ff8000000000000"), "NaN");
  EXPECT_EQ(float8_text("fff8000000000000"), "NaN");
  EXPECT_EQ(float8_text("7ff0000000000000"), "Infinity");
  EXPECT_EQ(float8_text("fff0000000000000"), "-Infinity");
  EXPECT_EQ(float8_text("8000000000000000"), "-0");
  EXPECT_EQ(float8_text("0000000000000000"), "0");
  EXPECT_EQ(float8_text("0000000000000001"), "5e-324");
  EXPECT_EQ(float8_text("7fefffffffffffff"), "1.7976931348623157e+308");
  EXPECT_EQ(float4_text("3dcccccd"), "0.1");
  EXPECT_EQ(float4_text("7fc00000"), "NaN");
  EXPECT_EQ(float4_text("ff800000"), "-Infinity");
  EXPECT_EQ(float4_text("80000000"), "-0");
  EXPECT_EQ(float4_text("00000001"), "1e-45");
  EXPECT_EQ(float4_text("7f7fffff"), "3.4028235e+38");
}

TEST(value_text, floats_are_read_back_to_the_same_bits) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937_64 random{seed};
  for (int i = 0; i < 20'000; ++i) {
    const std::uint64_t bits = random();
    const auto text = float8_text(hex16(bits));
    ASSERT_TRUE(text);
    const double v = std::bit_cast<double>(bits);
    if (v != v) continue;
    EXPECT_EQ(std::bit_cast<std::uint64_t>(std::strtod(text->c_str(), nullptr)), bits) << *text;
  }
}

// Each of these was read back by PostgreSQL 15 to the same interval_send.
TEST(value_text, intervals_with_a_sign_for_each_part) {
  EXPECT_EQ(interval_text("00000000000000000000000000000000"), "+00:00:00.000000");
  EXPECT_EQ(interval_text("ffffffffffd2393c00000002ffffffff"), "-1 mons +2 days -00:00:03.000004");
  EXPECT_EQ(interval_text("00000000000000000000000100000000"), "+1 days");
  EXPECT_EQ(interval_text("0000000000000000000000000000000e"), "+14 mons");
  EXPECT_EQ(interval_text("000000000000000180000000"
                          "7fffffff"),
            "+2147483647 mons -2147483648 days +00:00:00.000001");
  EXPECT_EQ(interval_text("7fffffffffffffff0000000000000000"), "+2562047788:00:54.775807");
  EXPECT_EQ(interval_text("80000000000000000000000180000000"),
            "-2147483648 mons +1 days -9223372036854775808 us");
  EXPECT_EQ(interval_text("80000000000000010000000000000000"), "-2562047788:00:54.775807");
}

TEST(value_text, money_in_hundredths) {
  EXPECT_EQ(money_text("ffffffffffffcfc7"), "-123.45");
  EXPECT_EQ(money_text("0000000000000000"), "0.00");
  EXPECT_EQ(money_text("ffffffffffffffff"), "-0.01");
  EXPECT_EQ(money_text("7fffffffffffffff"), "92233720368547758.07");
  EXPECT_EQ(money_text("8000000000000000"), "-92233720368547758.08");
}

TEST(value_text, refuses_hex_of_another_type) {
  for (const std::string_view hex : {"", "00", "3fb99999999999zz", "-fb999999999999a", "0x3fb99999999999",
                                     "3fb999999999999a00", " fb999999999999a"}) {
    EXPECT_EQ(float4_text(hex), std::nullopt) << hex;
    EXPECT_EQ(float8_text(hex), std::nullopt) << hex;
    EXPECT_EQ(interval_text(hex), std::nullopt) << hex;
    EXPECT_EQ(money_text(hex), std::nullopt) << hex;
  }
}

}  // namespace
}  // namespace pgtandem::change
