#include "protocol/wire/frame.h"

#include "protocol/wire/test_support.h"

namespace pgtandem::wire {
namespace {

using namespace std::string_view_literals;

TEST(frame, header_needs_five_bytes) {
  for (std::size_t n = 0; n < frame_header_size; ++n) {
    const exact_copy cut("Q\0\0\1\2"sv.substr(0, n));
    EXPECT_FALSE(peek_header(cut.view()));
  }
  const auto header = peek_header("Q\0\0\1\2select"sv);
  ASSERT_TRUE(header);
  EXPECT_EQ(header->type, 'Q');
  EXPECT_EQ(header->length, 258u);
  EXPECT_EQ(header->message_size(), 259u);
}

TEST(frame, messages_come_off_the_front_one_by_one) {
  constexpr auto stream = "S\0\0\0\4C\0\0\0\6SxH\0\0\0\4"sv;
  std::string_view input = stream;
  frame_view f;
  ASSERT_EQ(next_frame(input, f), frame_status::complete);
  EXPECT_EQ(f.type, 'S');
  EXPECT_EQ(f.body, "");
  ASSERT_EQ(next_frame(input, f), frame_status::complete);
  EXPECT_EQ(f.type, 'C');
  EXPECT_EQ(f.body, "Sx");
  EXPECT_EQ(f.raw.data(), stream.data() + 5);
  EXPECT_EQ(f.raw.size(), 7u);
  ASSERT_EQ(next_frame(input, f), frame_status::complete);
  EXPECT_EQ(f.type, 'H');
  EXPECT_EQ(next_frame(input, f), frame_status::incomplete);
}

TEST(frame, incomplete_and_malformed_touch_nothing) {
  for (const auto bytes : {"C\0\0\0\6S"sv, "C\0\0\0"sv, "C\0\0\0\3Sx"sv, "C\xff\xff\xff\xffSx"sv}) {
    std::string_view input = bytes;
    frame_view f{'!', "body", "raw"};
    EXPECT_NE(next_frame(input, f), frame_status::complete);
    EXPECT_EQ(input, bytes);
    EXPECT_EQ(f.type, '!');
    EXPECT_EQ(f.body, "body");
    EXPECT_EQ(f.raw, "raw");
  }
}

frame_status status_of(std::string_view bytes, length_limit limit = any_length) {
  const exact_copy copy(bytes);
  std::string_view input = copy.view();
  frame_view f;
  return next_frame(input, f, limit);
}

TEST(frame, lengths_at_the_borders) {
  EXPECT_EQ(status_of("D\0\0\0\0"sv), frame_status::malformed);
  EXPECT_EQ(status_of("D\0\0\0\3"sv), frame_status::malformed);
  EXPECT_EQ(status_of("D\0\0\0\4"sv), frame_status::complete);
  EXPECT_EQ(status_of("D\x40\0\0\2"sv), frame_status::incomplete);  // the largest body a server can build
  EXPECT_EQ(status_of("D\x40\0\0\3"sv), frame_status::malformed);
  EXPECT_EQ(status_of("D\x7f\xff\xff\xff"sv), frame_status::malformed);
  EXPECT_EQ(status_of("D\x80\0\0\0"sv), frame_status::malformed);
  EXPECT_EQ(status_of("D\xff\xff\xff\xff"sv), frame_status::malformed);
}

TEST(frame, limits_by_type) {
  EXPECT_EQ(status_of("Q\0\1\0\0"sv, frontend_length), frame_status::incomplete);
  EXPECT_EQ(status_of("E\0\0\x27\x10"sv, frontend_length), frame_status::incomplete);
  EXPECT_EQ(status_of("E\0\0\x27\x11"sv, frontend_length), frame_status::malformed);
  EXPECT_EQ(status_of("\0\0\0\x27\x11"sv, frontend_length), frame_status::malformed);
  EXPECT_EQ(status_of("p\0\0\xff\xff"sv, frontend_length), frame_status::incomplete);
  EXPECT_EQ(status_of("p\0\1\0\0"sv, frontend_length), frame_status::malformed);
  EXPECT_EQ(status_of("Q\0\0\xff\xff"sv, auth_length), frame_status::incomplete);
  EXPECT_EQ(status_of("Q\0\1\0\0"sv, auth_length), frame_status::malformed);
}

frame_status startup_status_of(std::string_view bytes) {
  const exact_copy copy(bytes);
  std::string_view input = copy.view();
  frame_view f;
  return next_startup_frame(input, f);
}

TEST(frame, startup_packets_have_no_type_and_a_small_limit) {
  EXPECT_EQ(startup_status_of("\0\0\0"sv), frame_status::incomplete);
  EXPECT_EQ(startup_status_of("\0\0\0\7"sv), frame_status::malformed);
  EXPECT_EQ(startup_status_of("\0\0\0\x08\4\xd2\x16"sv), frame_status::incomplete);
  EXPECT_EQ(startup_status_of("\0\0\0\x08\4\xd2\x16\x2f"sv), frame_status::complete);
  EXPECT_EQ(startup_status_of("\0\0\x27\x14"sv), frame_status::incomplete);
  EXPECT_EQ(startup_status_of("\0\0\x27\x15"sv), frame_status::malformed);
  EXPECT_EQ(startup_status_of("\x7f\xff\xff\xff"sv), frame_status::malformed);
  EXPECT_EQ(startup_status_of("GET / HTTP/1.1"sv), frame_status::malformed);
  EXPECT_EQ(startup_status_of("\x16\3\1\0\1\0"sv), frame_status::malformed);  // a TLS ClientHello
}

TEST(frame, bytes_behind_a_startup_packet_stay) {
  std::string_view input = "\0\0\0\x08\4\xd2\x16\x2fsmuggled"sv;
  frame_view f;
  ASSERT_EQ(next_startup_frame(input, f), frame_status::complete);
  EXPECT_EQ(f.type, '\0');
  EXPECT_EQ(f.body, "\4\xd2\x16\x2f"sv);
  EXPECT_EQ(f.raw.size(), 8u);
  EXPECT_EQ(input, "smuggled");
}

}  // namespace
}  // namespace pgtandem::wire
