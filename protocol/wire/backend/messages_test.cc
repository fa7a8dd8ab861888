// The backend messages of a few fields, one test each; the larger ones have a file of their own.
#include "protocol/wire/backend/authentication.h"
#include "protocol/wire/backend/backend_key_data.h"
#include "protocol/wire/backend/bind_complete.h"
#include "protocol/wire/backend/close_complete.h"
#include "protocol/wire/backend/command_complete.h"
#include "protocol/wire/backend/copy_response.h"
#include "protocol/wire/backend/empty_query_response.h"
#include "protocol/wire/backend/function_call_response.h"
#include "protocol/wire/backend/negotiate_protocol_version.h"
#include "protocol/wire/backend/no_data.h"
#include "protocol/wire/backend/notification_response.h"
#include "protocol/wire/backend/parameter_description.h"
#include "protocol/wire/backend/parameter_status.h"
#include "protocol/wire/backend/parse_complete.h"
#include "protocol/wire/backend/portal_suspended.h"
#include "protocol/wire/backend/ready_for_query.h"
#include "protocol/wire/test_support.h"

namespace pgtandem::wire {
namespace {

using namespace std::string_view_literals;

TEST(authentication, round_trip) {
  expect_message(authentication{authentication_code::ok, {}}, "R\0\0\0\x08\0\0\0\0"sv, decode_authentication);
  expect_message(authentication{authentication_code::cleartext, {}}, "R\0\0\0\x08\0\0\0\3"sv,
                 decode_authentication);
  expect_message(authentication{authentication_code::md5, "s\0lt"sv}, "R\0\0\0\x0c\0\0\0\5s\0lt"sv,
                 decode_authentication);
  expect_message(authentication{authentication_code::sasl, "SCRAM-SHA-256\0\0"sv},
                 "R\0\0\0\x17\0\0\0\x0aSCRAM-SHA-256\0\0"sv, decode_authentication, tail::open, 4);
  expect_message(authentication{authentication_code::sasl_final, "v=x"}, "R\0\0\0\x0b\0\0\0\x0cv=x"sv,
                 decode_authentication, tail::open, 4);
  expect_message(authentication{99, "?"}, "R\0\0\0\x09\0\0\0\x63?"sv, decode_authentication, tail::open, 4);
}

TEST(backend_key_data, keys_of_4_to_256_bytes) {
  expect_message(backend_key_data{4711, "k\0y!"sv}, "K\0\0\0\x0c\0\0\x12\x67k\0y!"sv, decode_backend_key_data,
                 tail::open, 8);
  for (const std::size_t size : {3u, 4u, 32u, 256u, 257u}) {
    const std::string key(size, 'k');
    const std::string message = encoded(backend_key_data{1, key});
    EXPECT_EQ(decode_backend_key_data(body_of(message)).has_value(), size >= 4 && size <= 256) << size;
  }
}

TEST(command_complete, round_trip) {
  expect_message(command_complete{"INSERT 0 1"}, "C\0\0\0\x0fINSERT 0 1\0"sv, decode_command_complete);
}

TEST(parameter_status, round_trip) {
  expect_message(parameter_status{"TimeZone", ""}, "S\0\0\0\x0eTimeZone\0\0"sv, decode_parameter_status);
}

TEST(ready_for_query, round_trip) {
  expect_message(ready_for_query{'I'}, "Z\0\0\0\x05I"sv, decode_ready_for_query);
  expect_message(ready_for_query{'T'}, "Z\0\0\0\x05T"sv, decode_ready_for_query);
  expect_message(ready_for_query{'E'}, "Z\0\0\0\x05\x45"sv, decode_ready_for_query);
  EXPECT_FALSE(decode_ready_for_query("X"));
  EXPECT_FALSE(decode_ready_for_query("\0"sv));
}

TEST(notification_response, round_trip) {
  expect_message(notification_response{7, "jobs", "42"}, "A\0\0\0\x10\0\0\0\7jobs\0\x34\x32\0"sv,
                 decode_notification_response);
}

TEST(function_call_response, round_trip) {
  expect_message(function_call_response{"ab"}, "V\0\0\0\x0a\0\0\0\2ab"sv, decode_function_call_response);
  expect_message(function_call_response{""}, "V\0\0\0\x08\0\0\0\0"sv, decode_function_call_response);
  expect_message(function_call_response{}, "V\0\0\0\x08\xff\xff\xff\xff"sv, decode_function_call_response);
  EXPECT_FALSE(decode_function_call_response("\x7f\xff\xff\xff"sv));
  EXPECT_FALSE(decode_function_call_response("\xff\xff\xff\xfe"sv));
}

TEST(negotiate_protocol_version, round_trip) {
  expect_message(negotiate_protocol_version{196608, {"_pq_.a", "_pq_.b"}},
                 "v\0\0\0\x1a\0\3\0\0\0\0\0\2_pq_.a\0_pq_.b\0"sv, decode_negotiate_protocol_version);
  expect_message(negotiate_protocol_version{0, {}}, "v\0\0\0\x0c\0\0\0\0\0\0\0\0"sv,
                 decode_negotiate_protocol_version);
}

TEST(negotiate_protocol_version, hostile_counts) {
  EXPECT_FALSE(decode_negotiate_protocol_version("\0\3\0\0\x7f\xff\xff\xff"sv));
  EXPECT_FALSE(decode_negotiate_protocol_version("\0\3\0\0\xff\xff\xff\xffx\0"sv));
  EXPECT_FALSE(decode_negotiate_protocol_version("\0\3\0\0\0\0\0\2x\0"sv));
}

TEST(parameter_description, round_trip) {
  expect_message(parameter_description{{23, 25}}, "t\0\0\0\x0e\0\2\0\0\0\x17\0\0\0\x19"sv,
                 decode_parameter_description);
  expect_message(parameter_description{}, "t\0\0\0\x06\0\0"sv, decode_parameter_description);
  EXPECT_FALSE(decode_parameter_description("\xff\xff\0\0\0\x17"sv));
}

TEST(copy_response, round_trip) {
  expect_message(copy_in_response{{0, {0, 0}}}, "G\0\0\0\x0b\0\0\2\0\0\0\0"sv, decode_copy_in_response);
  expect_message(copy_out_response{{1, {1}}}, "H\0\0\0\x09\1\0\1\0\1"sv, decode_copy_out_response);
  expect_message(copy_both_response{{0, {}}}, "W\0\0\0\x07\0\0\0"sv, decode_copy_both_response);
  EXPECT_FALSE(decode_copy_in_response("\0\xff\xff\0\0"sv));
}

TEST(empty_backend_messages, round_trip) {
  expect_message(parse_complete{}, "1\0\0\0\x04"sv, decode_parse_complete);
  expect_message(bind_complete{}, "2\0\0\0\x04"sv, decode_bind_complete);
  expect_message(close_complete{}, "3\0\0\0\x04"sv, decode_close_complete);
  expect_message(no_data{}, "n\0\0\0\x04"sv, decode_no_data);
  expect_message(portal_suspended{}, "s\0\0\0\x04"sv, decode_portal_suspended);
  expect_message(empty_query_response{}, "I\0\0\0\x04"sv, decode_empty_query_response);
}

}  // namespace
}  // namespace pgtandem::wire
