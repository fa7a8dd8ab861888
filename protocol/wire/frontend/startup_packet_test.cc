// The untyped packets that open a connection.
#include "protocol/wire/frontend/startup_packet.h"

#include <stdexcept>

#include "protocol/wire/frontend/cancel_request.h"
#include "protocol/wire/frontend/startup_request.h"
#include "protocol/wire/test_support.h"

namespace pgtandem::wire {
namespace {

using namespace std::string_view_literals;

template <class Message, class Decode>
void expect_packet(const Message& m, std::string_view bytes, Decode decode, startup_kind kind,
                   tail end = tail::fixed, std::size_t fixed_size = 0) {
  EXPECT_EQ(encoded(m), bytes);
  std::string_view input = bytes;
  frame_view frame;
  ASSERT_EQ(next_startup_frame(input, frame), frame_status::complete);
  EXPECT_TRUE(input.empty());
  EXPECT_EQ(frame.type, '\0');
  EXPECT_EQ(frame.raw, bytes);
  EXPECT_EQ(classify_startup(frame.body), kind);
  expect_exact_body(m, frame.body, decode, end, fixed_size);
}

TEST(startup_packet, round_trip) {
  expect_packet(startup_packet{protocol_version_3_0, {{"user", "me"}, {"options", "-c a=b"}, {"empty", ""}}},
                "\0\0\0\x27\0\3\0\0user\0me\0options\0-c a=b\0empty\0\0\0"sv, decode_startup_packet,
                startup_kind::startup);
  expect_packet(startup_packet{protocol_version_3_2, {}}, "\0\0\0\x09\0\3\0\2\0"sv, decode_startup_packet,
                startup_kind::startup);
}

TEST(startup_packet, the_last_parameter_of_a_name_counts) {
  const startup_packet m{protocol_version_3_0, {{"user", "a"}, {"database", "d"}, {"user", "b"}}};
  EXPECT_EQ(m.parameter("user"), "b"sv);
  EXPECT_EQ(m.parameter("database"), "d"sv);
  EXPECT_EQ(m.parameter("options"), std::nullopt);
}

TEST(startup_packet, refuses_a_name_without_value_and_a_missing_end) {
  EXPECT_FALSE(decode_startup_packet("\0\3\0\0user\0"sv));
  EXPECT_FALSE(decode_startup_packet("\0\3\0\0user\0me\0"sv));
  EXPECT_FALSE(decode_startup_packet("\0\3\0\0user\0me\0\0user\0you\0\0"sv));
}

TEST(startup_packet, other_major_versions) {
  EXPECT_FALSE(decode_startup_packet("\0\2\0\0\0"sv));
  EXPECT_FALSE(decode_startup_packet("\0\4\0\0\0"sv));
  EXPECT_EQ(classify_startup("\0\2\0\0"sv), startup_kind::unsupported);
  EXPECT_EQ(classify_startup("\0\3\0"sv), std::nullopt);
}

TEST(startup_packet, what_would_end_it_early_cannot_be_encoded) {
  std::string out = "kept";
  EXPECT_THROW(encode(startup_packet{protocol_version_3_0, {{"", "x"}}}, out), std::invalid_argument);
  EXPECT_THROW(encode(startup_packet{protocol_version_3_0, {{"user", "a\0database"sv}}}, out),
               std::invalid_argument);
  EXPECT_EQ(out, "kept");
}

TEST(startup_request, round_trip) {
  expect_packet(ssl_request{}, "\0\0\0\x08\x04\xd2\x16\x2f"sv, decode_ssl_request, startup_kind::ssl_request);
  expect_packet(gssenc_request{}, "\0\0\0\x08\x04\xd2\x16\x30"sv, decode_gssenc_request,
                startup_kind::gssenc_request);
}

TEST(startup_request, the_codes_are_told_apart) {
  const std::string ssl = encoded(ssl_request{}).substr(4);
  const std::string gss = encoded(gssenc_request{}).substr(4);
  EXPECT_FALSE(decode_ssl_request(gss));
  EXPECT_FALSE(decode_gssenc_request(ssl));
  EXPECT_FALSE(decode_cancel_request(ssl + "\0\0\0\1abcd"));
  EXPECT_FALSE(decode_startup_packet(ssl + '\0'));
}

TEST(cancel_request, round_trip) {
  expect_packet(cancel_request{4711, "k\0y!"sv}, "\0\0\0\x10\x04\xd2\x16\x2e\0\0\x12\x67k\0y!"sv,
                decode_cancel_request, startup_kind::cancel_request, tail::open, 12);
}

TEST(cancel_request, keys_of_4_to_256_bytes) {
  for (const std::size_t size : {3u, 4u, 32u, 256u, 257u}) {
    const std::string key(size, '\xaa');
    const std::string packet = encoded(cancel_request{1, key});
    EXPECT_EQ(decode_cancel_request(packet.substr(4)).has_value(), size >= 4 && size <= 256) << size;
  }
}

}  // namespace
}  // namespace pgtandem::wire
