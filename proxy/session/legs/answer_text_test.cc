#include "proxy/session/legs/answer_text.h"

#include <gtest/gtest.h>

#include "protocol/wire/backend/command_complete.h"
#include "protocol/wire/backend/error_response.h"

namespace pgtandem::proxy {
namespace {

wire::frame_view frame_of(std::string_view bytes) {
  wire::frame_view f;
  EXPECT_EQ(wire::next_frame(bytes, f), wire::frame_status::complete);
  return f;
}

std::string message_without_our_column(std::string_view text, std::string_view routine) {
  std::string bytes;
  wire::encode_error(wire::error_fields{{{'S', "ERROR"}, {'C', "08P01"}, {'M', text}, {'R', routine}}},
                     bytes);
  const std::string told = without_our_column(frame_of(bytes));
  const auto m = wire::decode_error_response(frame_of(told).body);
  EXPECT_EQ(m->field('R'), routine);
  return std::string(*m->field('M'));
}

TEST(answer_text_test, wrong_number_of_formats_is_told_without_our_column) {
  EXPECT_EQ(message_without_our_column("bind message has 3 result formats but query has 11 columns",
                                       "PortalSetResultFormat"),
            "bind message has 2 result formats but query has 10 columns");
}

TEST(answer_text_test, in_every_language) {
  EXPECT_EQ(message_without_our_column("Binden-Nachricht hat 3 Ergebnisformate, aber Anfrage hat 5 Spalten",
                                       "PortalSetResultFormat"),
            "Binden-Nachricht hat 2 Ergebnisformate, aber Anfrage hat 4 Spalten");
}

TEST(answer_text_test, other_errors_of_a_bind_stay) {
  const char* text = "bind message supplies 1 parameters, but prepared statement \"s\" requires 2";
  EXPECT_EQ(message_without_our_column(text, "exec_bind_message"), text);
}

TEST(answer_text_test, tag_counts_the_rows_of_the_last_part) {
  std::string complete;
  wire::encode(wire::command_complete{"INSERT 0 9"}, complete);
  const std::string told = tag_of_rows(complete, 2);
  EXPECT_EQ(wire::decode_command_complete(frame_of(told).body)->tag, "INSERT 0 2");
}

}  // namespace
}  // namespace pgtandem::proxy
