// The frontend messages of a few fixed fields, one test each; the larger ones have a file of their own.
#include <stdexcept>

#include "protocol/wire/copy_data.h"
#include "protocol/wire/copy_done.h"
#include "protocol/wire/frontend/close.h"
#include "protocol/wire/frontend/copy_fail.h"
#include "protocol/wire/frontend/describe.h"
#include "protocol/wire/frontend/execute.h"
#include "protocol/wire/frontend/flush.h"
#include "protocol/wire/frontend/function_call.h"
#include "protocol/wire/frontend/parse.h"
#include "protocol/wire/frontend/password.h"
#include "protocol/wire/frontend/query.h"
#include "protocol/wire/frontend/sync.h"
#include "protocol/wire/frontend/terminate.h"
#include "protocol/wire/test_support.h"

namespace pgtandem::wire {
namespace {

using namespace std::string_view_literals;

TEST(query, round_trip) {
  expect_message(query{"select 1"}, "Q\0\0\0\x0dselect 1\0"sv, decode_query);
  expect_message(query{""}, "Q\0\0\0\x05\0"sv, decode_query);
}

TEST(query, text_ends_at_its_only_nul) {
  EXPECT_FALSE(decode_query("delete from t\0 where id = 1\0"sv));
  std::string out = "kept";
  EXPECT_THROW(encode(query{"delete from t\0 where id = 1"sv}, out), std::invalid_argument);
  EXPECT_EQ(out, "kept");
}

TEST(parse, round_trip) {
  expect_message(parse{"s1", "select $1", {23, 0xfffffffe}},
                 "P\0\0\0\x1bs1\0select $1\0\0\2\0\0\0\x17\xff\xff\xff\xfe"sv, decode_parse);
  expect_message(parse{}, "P\0\0\0\x08\0\0\0\0"sv, decode_parse);
}

TEST(parse, hostile_type_counts) {
  EXPECT_FALSE(decode_parse("\0\0\xff\xff"sv));
  EXPECT_FALSE(decode_parse("\0\0\0\2\0\0\0\x17"sv));
  EXPECT_FALSE(decode_parse("\0\0\0\0\0\0\0\x17"sv));
}

TEST(parse, as_many_types_as_the_count_can_tell) {
  const parse most{"", "", std::vector<std::uint32_t>(65535, 25)};
  const std::string message = encoded(most);
  const auto back = decode_parse(body_of(message));
  ASSERT_TRUE(back);
  EXPECT_EQ(*back, most);
  std::string out = "kept";
  EXPECT_THROW(encode(parse{"", "", std::vector<std::uint32_t>(65536, 25)}, out), std::length_error);
  EXPECT_EQ(out, "kept");
}

TEST(describe, round_trip) {
  expect_message(describe{'S', "s1"}, "D\0\0\0\x08Ss1\0"sv, decode_describe);
  expect_message(describe{'P', ""}, "D\0\0\0\x06P\0"sv, decode_describe);
}

TEST(describe, only_statements_and_portals) {
  EXPECT_FALSE(decode_describe("Xs1\0"sv));
}

TEST(close, round_trip) {
  expect_message(close{'S', ""}, "C\0\0\0\x06S\0"sv, decode_close);
  expect_message(close{'P', "c"}, "C\0\0\0\x07Pc\0"sv, decode_close);
}

TEST(close, only_statements_and_portals) {
  EXPECT_FALSE(decode_close("\0s1\0"sv));
}

TEST(execute, round_trip) {
  expect_message(execute{"c", 100}, "E\0\0\0\x0a\x63\0\0\0\0\x64"sv, decode_execute);
  expect_message(execute{"", 0}, "E\0\0\0\x09\0\0\0\0\0"sv, decode_execute);
  // The server takes it for "all rows".
  expect_message(execute{"", -1}, "E\0\0\0\x09\0\xff\xff\xff\xff"sv, decode_execute);
}

TEST(copy_fail, round_trip) {
  expect_message(copy_fail{"no more"}, "f\0\0\0\x0cno more\0"sv, decode_copy_fail);
}

TEST(function_call, round_trip) {
  expect_message(function_call{1598, "\0\0\0\0\0\0"sv}, "F\0\0\0\x0e\0\0\x06\x3e\0\0\0\0\0\0"sv,
                 decode_function_call, tail::open, 4);
}

TEST(password, bytes_pass_unread) {
  expect_message(password{"\0n,,r=x\xff"sv}, "p\0\0\0\x0c\0n,,r=x\xff"sv, decode_password, tail::open);
}

TEST(copy_data, bytes_pass_unread) {
  expect_message(copy_data{"1\t\0\n"sv}, "d\0\0\0\x08\x31\t\0\n"sv, decode_copy_data, tail::open);
  expect_message(copy_data{}, "d\0\0\0\x04"sv, decode_copy_data, tail::open);
}

TEST(empty_frontend_messages, round_trip) {
  expect_message(sync{}, "S\0\0\0\x04"sv, decode_sync);
  expect_message(flush{}, "H\0\0\0\x04"sv, decode_flush);
  expect_message(terminate{}, "X\0\0\0\x04"sv, decode_terminate);
  expect_message(copy_done{}, "c\0\0\0\x04"sv, decode_copy_done);
}

}  // namespace
}  // namespace pgtandem::wire
