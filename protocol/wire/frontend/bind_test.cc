#include "protocol/wire/frontend/bind.h"

#include <stdexcept>

#include "protocol/wire/test_support.h"

namespace pgtandem::wire {
namespace {

using namespace std::string_view_literals;

// Formats, a text, a NULL, an empty value, a value with a NUL byte, and one format for each of three columns.
const bind full{"p", "s1", {0, 0, 1, 1}, {"abc", std::nullopt, "", "\0\1"sv}, {1, 0, 1}};
constexpr std::string_view full_bytes =
    "B\0\0\0\x32p\0s1\0"
    "\0\4\0\0\0\0\0\1\0\1"
    "\0\4\0\0\0\3"
    "abc\xff\xff\xff\xff\0\0\0\0\0\0\0\2\0\1"
    "\0\3\0\1\0\0\0\1"sv;

TEST(bind, round_trip) {
  expect_message(full, full_bytes, decode_bind);
  expect_message(bind{}, "B\0\0\0\x0c\0\0\0\0\0\0\0\0"sv, decode_bind);
}

TEST(bind, null_is_not_empty) {
  const std::string message = encoded(full);
  const auto m = decode_bind(body_of(message));
  ASSERT_TRUE(m);
  EXPECT_FALSE(m->parameters[1].has_value());
  EXPECT_EQ(m->parameters[2], ""sv);
}

// Both decoders must refuse the same bodies.
void expect_refused(std::string_view body) {
  const exact_copy copy(body);
  EXPECT_FALSE(decode_bind(copy.view()));
  EXPECT_FALSE(decode_bind_header(copy.view()));
  std::string out = "kept";
  EXPECT_FALSE(encode_with_result_formats(copy.view(), {}, out));
  EXPECT_EQ(out, "kept");
}

TEST(bind, hostile_counts_and_lengths) {
  expect_refused("\0\0\xff\xff"sv);                              // parameter formats
  expect_refused("\0\0\0\0\xff\xff"sv);                          // parameters
  expect_refused("\0\0\0\0\0\0\xff\xff"sv);                      // result formats
  expect_refused("\0\0\0\0\0\1\x7f\xff\xff\xff\0\0"sv);          // length of a parameter
  expect_refused("\0\0\0\0\0\1\x80\0\0\0\0\0"sv);                // negative, but not NULL
  expect_refused("\0\0\0\0\0\1\xff\xff\xff\xfe\0\0"sv);          // -2
  expect_refused("\0\0\0\0\0\2\xff\xff\xff\xff\0\0\0\1\0\0"sv);  // a parameter that eats the formats
}

TEST(bind, as_many_parameters_as_the_count_can_tell) {
  bind m;
  m.parameters.assign(65535, std::nullopt);
  const std::string message = encoded(m);
  const auto back = decode_bind(body_of(message));
  ASSERT_TRUE(back);
  EXPECT_EQ(*back, m);
  m.parameters.emplace_back("one more");
  std::string out;
  EXPECT_THROW(encode(m, out), std::length_error);
  EXPECT_TRUE(out.empty());
}

TEST(bind, header_of_every_truncation_is_refused) {
  const std::string_view body = body_of(full_bytes);
  for (std::size_t n = 0; n < body.size(); ++n) expect_refused(body.substr(0, n));
  expect_refused(std::string(body) + '\0');
}

TEST(bind, header_points_at_the_parameters) {
  const std::string_view body = body_of(full_bytes);
  const auto m = decode_bind_header(body);
  ASSERT_TRUE(m);
  EXPECT_EQ(m->portal, "p");
  EXPECT_EQ(m->statement, "s1");
  EXPECT_EQ(m->parameter_count, 4);
  EXPECT_EQ(m->result_formats, (std::vector<std::int16_t>{1, 0, 1}));
  EXPECT_EQ(m->parameters.data(), body.data() + 5);
  EXPECT_EQ(m->parameters.size(), body.size() - 5 - 8);
}

TEST(bind, other_result_formats_leave_the_rest_alone) {
  for (const auto& formats : std::vector<std::vector<std::int16_t>>{{}, {1}, {1, 0, 1, 0}}) {
    std::string out = "before";
    ASSERT_TRUE(encode_with_result_formats(body_of(full_bytes), formats, out));
    bind want = full;
    want.result_formats = formats;
    EXPECT_EQ(out, "before" + encoded(want));
  }
}

TEST(bind, large_parameters_are_copied_once_and_whole) {
  std::string large(8 << 20, 'x');
  large[12345] = '\0';
  const bind m{"", "s", {1}, {large, "y"}, {0}};
  const std::string message = encoded(m);
  std::string out;
  const std::vector<std::int16_t> formats{0, 0};
  ASSERT_TRUE(encode_with_result_formats(body_of(message), formats, out));
  const auto back = decode_bind(body_of(out));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->parameters, m.parameters);
  EXPECT_EQ(back->result_formats, formats);
}

}  // namespace
}  // namespace pgtandem::wire
