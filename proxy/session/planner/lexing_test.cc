#include "proxy/session/planner/lexing.h"

#include <gtest/gtest.h>

namespace pgtandem::proxy {
namespace {

constexpr std::string_view plain = "SELECT 1";
constexpr std::string_view backslash = R"(SELECT 'a\')";
constexpr std::string_view beyond_ascii = "SELECT '\x81\x5c'";

class lexing_test : public testing::Test {
 protected:
  std::shared_ptr<const sql::parsed_text> understand(std::string_view text) {
    return lexing_.understand(text, known_);
  }
  sql::statement_cache known_;
  lexing lexing_;
};

TEST_F(lexing_test, a_backslash_ends_a_string_or_does_not_by_the_setting) {
  EXPECT_TRUE(understand(backslash)->ok);
  lexing_.note_parameter("standard_conforming_strings", "off");
  EXPECT_FALSE(understand(backslash)->ok);
  EXPECT_TRUE(understand(plain)->ok);
}

TEST_F(lexing_test, in_encodings_with_ascii_bytes_in_characters_only_ascii_is_understood) {
  lexing_.note_parameter("client_encoding", "SJIS");
  EXPECT_EQ(understand(beyond_ascii), nullptr);
  EXPECT_TRUE(understand(plain)->ok);
  lexing_.note_parameter("client_encoding", "LATIN1");
  EXPECT_NE(understand(beyond_ascii), nullptr);
}

TEST_F(lexing_test, while_a_report_is_to_come_only_what_no_setting_changes_is_understood) {
  lexing_.note_sent();
  EXPECT_EQ(understand(backslash), nullptr);
  EXPECT_TRUE(lexing_.awaited_for(backslash));
  EXPECT_TRUE(understand(plain)->ok);
  EXPECT_FALSE(lexing_.awaited_for(plain));
  lexing_.note_settled();
  EXPECT_NE(understand(backslash), nullptr);
}

TEST_F(lexing_test, the_end_of_the_transaction_that_changed_it_may_take_it_back) {
  lexing_.note_sent();
  lexing_.note_settled();
  lexing_.note_rolled_back_to();
  EXPECT_TRUE(lexing_.awaited_for(backslash));
  lexing_.note_settled();
  lexing_.note_transaction_end();
  EXPECT_TRUE(lexing_.awaited_for(backslash));
  lexing_.note_settled();
  lexing_.note_transaction_end();
  EXPECT_FALSE(lexing_.awaited_for(backslash)) << "it changed nothing";
}

}  // namespace
}  // namespace pgtandem::proxy
