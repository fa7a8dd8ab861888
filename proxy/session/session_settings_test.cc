// Settings of the session that decide what a text means and what an image looks like.
#include "proxy/session/session_fixture_testing.h"

#include "protocol/wire/backend/parameter_status.h"

namespace pgtandem::proxy {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class session_settings : public session_test {
 protected:
  void reported(std::string_view name, std::string_view value) {
    std::string bytes;
    wire::encode(wire::parameter_status{name, value}, bytes);
    session_.server_in().append(bytes);
    session_.on_server_bytes();
    run();
    answers();
  }
  void extended(std::string_view text) {
    client(wire::parse{"", text, {}}, wire::bind{}, wire::execute{"", 0});
  }
};

TEST_F(session_settings, the_form_of_an_image_follows_them) {
  query("UPDATE t SET v = 'x' WHERE id = 1");
  EXPECT_THAT(legacy_.parsed.back(), Not(HasSubstr("base64")));
  legacy_.unmet = std::to_string(catalog::needs_utf8);
  query("UPDATE t SET v = 'x' WHERE id = 2");
  EXPECT_THAT(legacy_.executed.back(), Not(HasSubstr("base64"))) << "asked again without need";
  query("SET client_encoding = LATIN1");
  query("UPDATE t SET v = 'x' WHERE id = 3");
  EXPECT_THAT(legacy_.executed.back(), HasSubstr("base64"));
  EXPECT_EQ(records_.size(), 3U);
}

TEST_F(session_settings, a_prepared_statement_is_prepared_anew_when_they_change) {
  client(wire::parse{"u", "UPDATE t SET v = $1 WHERE id = 1", {25}}, wire::sync{});
  wire::bind bind;
  bind.statement = "u";
  client(bind, wire::execute{"", 0}, wire::sync{});
  const auto as_it_was = legacy_.parsed.size();
  legacy_.unmet = std::to_string(catalog::needs_utf8);
  query("SET client_encoding = LATIN1");
  answers();
  client(bind, wire::execute{"", 0}, wire::sync{});
  EXPECT_THAT(answers(), ElementsAre("2", "C UPDATE", "Z I"));
  ASSERT_GT(legacy_.parsed.size(), as_it_was);
  EXPECT_THAT(legacy_.parsed, ::testing::Contains(HasSubstr("base64")));
  // What meets its needs again is run as it was prepared.
  legacy_.unmet = "0";
  query("SET client_encoding = UTF8");
  const auto before = legacy_.parsed.size();
  client(bind, wire::execute{"", 0}, wire::sync{});
  for (auto i = before; i < legacy_.parsed.size(); ++i)
    EXPECT_THAT(legacy_.parsed[i], Not(HasSubstr("UPDATE t")));
  EXPECT_EQ(records_.size(), 3U);
}

TEST_F(session_settings, backslashes_escape_where_strings_do_not_conform) {
  reported("standard_conforming_strings", "off");
  query(R"(UPDATE t SET v = 'it\'s' WHERE id = 1)");
  ASSERT_EQ(records_.size(), 1U);
  EXPECT_EQ(records_[0].changes.size(), 1U);
  EXPECT_THAT(legacy_.executed.back(), HasSubstr(R"(UPDATE t SET v = 'it\'s' WHERE id = 1)"));
}

TEST_F(session_settings, a_text_behind_a_setting_that_is_still_on_its_way_is_not_judged) {
  extended("SET client_encoding = SJIS");
  extended("UPDATE t SET v = '\x83\x5c' WHERE id = 1");
  client(wire::sync{});
  EXPECT_THAT(legacy_.executed.back(), Not(HasSubstr("pgtandem_image")));
  ASSERT_EQ(records_.size(), 1U);
  EXPECT_THAT(records_[0].changes, IsEmpty());
  EXPECT_EQ(records_[0].marks.size(), 1U);
}

TEST_F(session_settings, plain_ascii_behind_such_a_setting_is) {
  extended("SET client_encoding = SJIS");
  extended("UPDATE t SET v = 'x' WHERE id = 1");
  client(wire::sync{});
  ASSERT_EQ(records_.size(), 1U);
  EXPECT_EQ(records_[0].changes.size(), 1U);
}

TEST_F(session_settings, a_text_is_judged_again_once_the_setting_has_been_answered) {
  extended("SET client_encoding = UTF8");
  client(wire::sync{});
  extended("UPDATE t SET v = '\xc3\xa9' WHERE id = 1");
  client(wire::sync{});
  ASSERT_EQ(records_.size(), 1U);
  EXPECT_EQ(records_[0].changes.size(), 1U);
}

// Legacy reads the whole text under the old setting; statement by statement the rest would mean another
// thing.
TEST_F(session_settings, a_text_that_changes_its_own_reading_is_not_cut_up) {
  query(R"(SET standard_conforming_strings = off; UPDATE t SET v = 'a\\' WHERE id = 1)");
  EXPECT_THAT(marked_, ElementsAre("t"));
  EXPECT_THAT(records_, IsEmpty());
}

}  // namespace
}  // namespace pgtandem::proxy
