#include "protocol/wire/backend/data_row.h"

#include <stdexcept>

#include "protocol/wire/test_support.h"

namespace pgtandem::wire {
namespace {

using namespace std::string_view_literals;

const data_row three{{"a\0b"sv, std::nullopt, ""}};
constexpr std::string_view three_bytes = "D\0\0\0\x15\0\3\0\0\0\3a\0b\xff\xff\xff\xff\0\0\0\0"sv;

TEST(data_row, round_trip) {
  expect_message(three, three_bytes, decode_data_row);
  expect_message(data_row{}, "D\0\0\0\x06\0\0"sv, decode_data_row);
}

TEST(data_row, column_count) {
  EXPECT_EQ(column_count(body_of(three_bytes)), 3);
  EXPECT_EQ(column_count("\xff\xff"sv), 65535);
  EXPECT_EQ(column_count("\0"sv), std::nullopt);
  EXPECT_EQ(column_count({}), std::nullopt);
}

// What decode_data_row refuses, the fast helpers must refuse as well, and append nothing.
void expect_refused(std::string_view body) {
  const exact_copy copy(body);
  EXPECT_FALSE(decode_data_row(copy.view()));
  EXPECT_FALSE(data_row_last(copy.view()));
  std::string out = "kept";
  EXPECT_FALSE(data_row_drop_last(copy.view(), out));
  EXPECT_EQ(out, "kept");
}

TEST(data_row, truncated_or_with_a_byte_behind_it) {
  const std::string_view body = body_of(three_bytes);
  for (std::size_t n = 0; n < body.size(); ++n) expect_refused(body.substr(0, n));
  expect_refused(std::string(body) + '\0');
}

TEST(data_row, hostile_counts_and_lengths) {
  expect_refused("\xff\xff"sv);
  expect_refused("\x7f\xff\0\0\0\0"sv);
  expect_refused("\0\1\x7f\xff\xff\xff"sv);
  expect_refused("\0\1\x80\0\0\0"sv);
  expect_refused("\0\1\xff\xff\xff\xfe"sv);
  expect_refused("\0\2\x7f\xff\xff\xff\0\0\0\0"sv);
  expect_refused("\0\2\0\0\0\4\0\0\0\0"sv);  // the first eats the second
  expect_refused("\0\1\0\0\0\0\0\0\0\0"sv);  // more columns than told
}

TEST(data_row, drop_last_is_the_row_without_it) {
  std::vector<std::optional<std::string_view>> columns{"x", std::nullopt, "", "image\0"sv, std::nullopt, "z"};
  for (; !columns.empty(); columns.pop_back()) {
    const std::string message = encoded(data_row{columns});
    const auto last = columns.back();
    const dropped_column want{!last, last.value_or("")};
    EXPECT_EQ(data_row_last(body_of(message)), want);

    std::string out = "before";
    EXPECT_EQ(data_row_drop_last(body_of(message), out), want);
    auto rest = columns;
    rest.pop_back();
    EXPECT_EQ(out, "before" + encoded(data_row{rest}));
  }
}

TEST(data_row, no_column_to_drop) {
  std::string out;
  EXPECT_FALSE(data_row_last("\0\0"sv));
  EXPECT_FALSE(data_row_drop_last("\0\0"sv, out));
  EXPECT_TRUE(out.empty());
}

TEST(data_row, null_is_told_from_empty) {
  const std::string null = encoded(data_row{{"a", std::nullopt}});
  const std::string empty = encoded(data_row{{"a", ""}});
  EXPECT_TRUE(data_row_last(body_of(null))->is_null);
  EXPECT_FALSE(data_row_last(body_of(empty))->is_null);
}

TEST(data_row, dropped_value_points_into_the_body) {
  const std::string message = encoded(data_row{{"a", "image"}});
  const auto last = data_row_last(body_of(message));
  ASSERT_TRUE(last);
  EXPECT_EQ(last->value.data(), message.data() + message.size() - 5);
}

TEST(data_row, more_columns_than_the_count_can_tell) {
  std::string out = "kept";
  EXPECT_THROW(encode(data_row{std::vector<std::optional<std::string_view>>(65536)}, out), std::length_error);
  EXPECT_EQ(out, "kept");
}

}  // namespace
}  // namespace pgtandem::wire
