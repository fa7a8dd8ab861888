#include "protocol/wire/backend/row_description.h"

#include "protocol/wire/test_support.h"

namespace pgtandem::wire {
namespace {

using namespace std::string_view_literals;

const row_description two{{{"id", 0x4001, 1, 23, 4, -1, 1}, {"", 0, 0, 25, -1, 12, 0}}};
constexpr std::string_view two_bytes =
    "T\0\0\0\x2e\0\2"
    "id\0\0\0\x40\1\0\1\0\0\0\x17\0\4\xff\xff\xff\xff\0\1"
    "\0\0\0\0\0\0\0\0\0\0\x19\xff\xff\0\0\0\x0c\0\0"sv;

TEST(row_description, round_trip) {
  expect_message(two, two_bytes, decode_row_description);
  expect_message(row_description{}, "T\0\0\0\x06\0\0"sv, decode_row_description);
}

TEST(row_description, column_count) {
  EXPECT_EQ(column_count(body_of(two_bytes)), 2);
}

void expect_refused(std::string_view body) {
  const exact_copy copy(body);
  EXPECT_FALSE(decode_row_description(copy.view()));
  std::string out = "kept";
  EXPECT_FALSE(row_description_drop_last(copy.view(), out));
  EXPECT_EQ(out, "kept");
}

TEST(row_description, truncated_or_with_a_byte_behind_it) {
  const std::string_view body = body_of(two_bytes);
  for (std::size_t n = 0; n < body.size(); ++n) expect_refused(body.substr(0, n));
  expect_refused(std::string(body) + '\0');
}

TEST(row_description, hostile_counts) {
  expect_refused("\xff\xff"sv);
  expect_refused("\x7f\xff" + std::string(19, '\0'));
  expect_refused("\0\1" + std::string(20, 'x'));  // a name without end
}

TEST(row_description, drop_last_is_the_description_without_it) {
  row_description fewer = two;
  std::string message(two_bytes);
  while (!fewer.fields.empty()) {
    fewer.fields.pop_back();
    std::string out = "before";
    ASSERT_TRUE(row_description_drop_last(body_of(message), out));
    message = encoded(fewer);
    EXPECT_EQ(out, "before" + message);
  }
  std::string out;
  EXPECT_FALSE(row_description_drop_last(body_of(message), out));
  EXPECT_TRUE(out.empty());
}

}  // namespace
}  // namespace pgtandem::wire
