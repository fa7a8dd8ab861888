#include "protocol/wire/backend/error_response.h"

#include <stdexcept>

#include "protocol/wire/test_support.h"

namespace pgtandem::wire {
namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;

constexpr std::string_view syntax_error =
    "SERROR\0VERROR\0C42601\0Msyntax error at or near \"x\"\0P12\0Fscan.l\0L1180\0Rscanner_yyerror\0\0"sv;

TEST(error_response, fields_keep_their_order) {
  const error_fields m{{{'S', "FEHLER"}, {'V', "ERROR"}, {'M', ""}, {'S', "again"}}};
  const auto body = "SFEHLER\0VERROR\0M\0Sagain\0\0"sv;
  expect_exact_body(m, body, decode_error_response);
  expect_exact_body(m, body, decode_notice_response);
  EXPECT_EQ(m.field('S'), "FEHLER"sv);
  EXPECT_EQ(m.field('M'), ""sv);
  EXPECT_EQ(m.field('D'), std::nullopt);

  std::string error;
  encode_error(m, error);
  EXPECT_EQ(error, "E\0\0\0\x1d"s + std::string(body));
  std::string notice;
  encode_notice(m, notice);
  EXPECT_EQ(notice, "N\0\0\0\x1d"s + std::string(body));
}

TEST(error_response, what_a_server_sends) {
  const auto m = decode_error_response(syntax_error);
  ASSERT_TRUE(m);
  EXPECT_EQ(m->field(error_field::sqlstate), "42601"sv);
  EXPECT_EQ(m->field(error_field::position), "12"sv);
}

TEST(error_response, truncated_or_with_a_byte_behind_it) {
  for (std::size_t n = 0; n < syntax_error.size(); ++n) {
    const exact_copy cut(syntax_error.substr(0, n));
    EXPECT_FALSE(decode_error_response(cut.view())) << n;
    EXPECT_FALSE(shift_error_position(cut.view(), 0)) << n;
  }
  EXPECT_FALSE(decode_error_response(std::string(syntax_error) + 'S'));
  EXPECT_FALSE(shift_error_position(std::string(syntax_error) + '\0', 0));
}

TEST(error_response, what_would_end_it_early_cannot_be_encoded) {
  std::string out = "kept";
  EXPECT_THROW(encode_error(error_fields{{{'\0', "x"}}}, out), std::invalid_argument);
  EXPECT_THROW(encode_error(error_fields{{{'M', "x\0y"sv}}}, out), std::invalid_argument);
  EXPECT_EQ(out, "kept");
}

TEST(error_report, all_fields) {
  const error_report report{"FATAL", "3D000", "no such database", "Configured: app.", "Ask for app."};
  const auto body = "SFATAL\0VFATAL\0C3D000\0Mno such database\0DConfigured: app.\0HAsk for app.\0\0"sv;
  std::string error;
  encode_error(report, error);
  EXPECT_EQ(error[0], 'E');
  EXPECT_EQ(body_of(error), body);
  std::string notice;
  encode_notice(report, notice);
  EXPECT_EQ(notice[0], 'N');
  EXPECT_EQ(body_of(notice), body);
}

TEST(error_report, empty_detail_and_hint_are_left_out_and_texts_cut_at_a_nul) {
  std::string out;
  encode_error(error_report{"ERROR", "XX000", "bad\0worse"s}, out);
  EXPECT_EQ(body_of(out), "SERROR\0VERROR\0CXX000\0Mbad\0\0"sv);
}

std::string with_position(std::string_view position) {
  return "SERROR\0P"s + std::string(position) + "\0p3\0Mm\0\0"s;
}

std::string shifted(std::string_view position, std::int32_t delta) {
  const std::string body = with_position(position);
  const auto message = shift_error_position(body, delta);
  EXPECT_TRUE(message);
  std::string_view input = *message;
  frame_view frame;
  EXPECT_EQ(next_frame(input, frame), frame_status::complete);
  EXPECT_EQ(frame.type, 'E');
  return std::string(frame.body);
}

TEST(shift_error_position, moves_the_position_alone) {
  EXPECT_EQ(shifted("12", -5), with_position("7"));
  EXPECT_EQ(shifted("9", 5), with_position("14"));
  EXPECT_EQ(shifted("9", 0), with_position("9"));
  EXPECT_EQ(shifted("6", -5), with_position("1"));
}

TEST(shift_error_position, leaves_it_out_before_the_statement) {
  const auto without = "SERROR\0p3\0Mm\0\0"sv;
  EXPECT_EQ(shifted("5", -5), without);
  EXPECT_EQ(shifted("1", -2147483647 - 1), without);
}

TEST(shift_error_position, what_is_no_position_stays) {
  for (const auto text : {"", "x", "12x", " 12", "-3", "99999999999999999999", "9223372036854775807"}) {
    EXPECT_EQ(shifted(text, 5), with_position(text)) << text;
  }
}

TEST(shift_error_position, without_a_position_the_message_stays) {
  const auto message = shift_error_position("SERROR\0Mm\0\0"sv, 7, backend_type::notice_response);
  EXPECT_EQ(message, "N\0\0\0\x0fSERROR\0Mm\0\0"s);
}

TEST(shift_error_position, repeated_positions) {
  const auto message = shift_error_position("P100000000\0P200000000\0P3\0\0"sv, -3);
  ASSERT_TRUE(message);
  EXPECT_EQ(body_of(*message), "P99999997\0P199999997\0\0"sv);
}

}  // namespace
}  // namespace pgtandem::wire
