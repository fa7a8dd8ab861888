#include "proxy/session/session_fixture_testing.h"

namespace pgtandem::proxy {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Each of them is sent before the one before it has failed.
TEST_F(session_test, parses_that_fail_one_after_the_other_leave_the_name_as_it_was) {
  client(wire::parse{"s", "UPDATE t SET v = 'x' WHERE id = 1", {}}, wire::sync{});
  client(wire::parse{"s", "SELECT 1", {}}, wire::sync{}, wire::parse{"s", "SELECT 2", {}}, wire::sync{});
  EXPECT_THAT(answers(), ElementsAre("1", "Z I", "E 42P05", "Z I", "E 42P05", "Z I"));
  client(wire::bind{"", "s", {}, {}, {}}, wire::execute{"", 0}, wire::sync{});
  EXPECT_THAT(answers(), ElementsAre("2", "C UPDATE", "Z I"));
  ASSERT_EQ(records_.size(), 1U);
  EXPECT_EQ(records_[0].changes.size(), 1U);
}

TEST_F(session_test, extended_statement_is_held_at_sync) {
  hold_prepares_ = true;
  client(wire::parse{"", "UPDATE t SET v = $1 WHERE id = 1", {}}, wire::bind{}, wire::describe{'P', ""},
         wire::execute{"", 1}, wire::sync{});
  EXPECT_THAT(answers(), ElementsAre("1", "2", "n", "C UPDATE"));
  EXPECT_EQ(commits_, 0);
  answer_prepare();
  run();
  EXPECT_THAT(answers(), ElementsAre("Z I"));
  EXPECT_EQ(commits_, 1);
}

TEST_F(session_test, named_statement_is_recognised_by_its_name) {
  client(wire::parse{"s", "UPDATE t SET v = $1 WHERE id = 1", {}}, wire::sync{});
  for (int i = 0; i < 3; ++i) {
    wire::bind bind;
    bind.statement = "s";
    client(bind, wire::execute{"", 0}, wire::sync{});
  }
  EXPECT_EQ(records_.size(), 3U);
  EXPECT_EQ(commits_, 3);
}

TEST_F(session_test, failed_named_parse_keeps_the_earlier_meaning) {
  client(wire::parse{"s", "UPDATE t SET v = $1 WHERE id = 1", {}}, wire::sync{});
  client(wire::parse{"s", "SELECT 1", {}}, wire::sync{});
  wire::bind bind;
  bind.statement = "s";
  answers();
  client(bind, wire::execute{"", 0}, wire::sync{});
  EXPECT_THAT(answers(), ElementsAre("2", "C UPDATE", "Z I"));
  EXPECT_EQ(records_.size(), 1U);
}

TEST_F(session_test, pipelined_commit_is_held_at_its_execute) {
  hold_prepares_ = true;
  client(wire::parse{"", "BEGIN", {}}, wire::bind{}, wire::execute{"", 0},
         wire::parse{"", "UPDATE t SET v = $1 WHERE id = 1", {}}, wire::bind{}, wire::execute{"", 0},
         wire::parse{"", "COMMIT", {}}, wire::bind{}, wire::execute{"", 0}, wire::sync{});
  EXPECT_EQ(commits_, 0);
  ASSERT_EQ(records_.size(), 1U);
  answer_prepare();
  run();
  EXPECT_EQ(commits_, 1);
  EXPECT_THAT(decisions_, ElementsAre("1 committed"));
}

TEST_F(session_test, several_syncs_in_flight_are_several_records) {
  std::string bytes;
  for (int i = 0; i < 3; ++i) {
    wire::encode(wire::parse{"", "UPDATE t SET v = $1 WHERE id = 1", {}}, bytes);
    wire::encode(wire::bind{}, bytes);
    wire::encode(wire::execute{"", 0}, bytes);
    wire::encode(wire::sync{}, bytes);
  }
  session_.client_in().append(bytes);
  session_.on_client_bytes();
  run();
  EXPECT_EQ(records_.size(), 3U);
  EXPECT_EQ(commits_, 3);
}

TEST_F(session_test, error_in_a_pipeline_releases_the_sync) {
  client(wire::parse{"", "UPDATE t SET v = $1 WHERE id = 1", {}}, wire::bind{}, wire::execute{"", 0},
         wire::parse{"", "SELECT bad", {}}, wire::bind{}, wire::execute{"", 0}, wire::sync{});
  EXPECT_THAT(answers(), ElementsAre("1", "2", "C UPDATE", "1", "2", "E 22012", "Z I"));
  EXPECT_EQ(commits_, 0);
  EXPECT_THAT(records_, IsEmpty());
  query("UPDATE t SET v = 'x' WHERE id = 1");
  EXPECT_EQ(records_.size(), 1U);
}

TEST_F(session_test, row_limit_is_played_by_the_session) {
  client(wire::parse{"", "INSERT INTO t (v) VALUES ('x') RETURNING id", {}}, wire::bind{},
         wire::execute{"", 1}, wire::execute{"", 1}, wire::sync{});
  EXPECT_THAT(answers(), ElementsAre("1", "2", "D 1", "s", "C INSERT", "Z I"));
  EXPECT_EQ(records_.at(0).changes.size(), 1U);
}

TEST_F(session_test, commit_of_a_failed_block_is_a_rollback_in_the_extended_protocol_too) {
  query("BEGIN");
  query("UPDATE t SET v = 'x' WHERE id = 1");
  query("UPDATE t SET v = bad");
  answers();
  client(wire::parse{"", "COMMIT", {}}, wire::bind{}, wire::describe{'P', ""}, wire::execute{"", 0},
         wire::sync{});
  EXPECT_THAT(answers(), ElementsAre("1", "2", "n", "C ROLLBACK", "Z I"));
  EXPECT_THAT(records_, IsEmpty());
}

TEST_F(session_test, formats_of_a_statement_without_result_are_ignored_as_legacy_does) {
  wire::bind bind;
  bind.result_formats = {1, 0, 7};
  client(wire::parse{"", "UPDATE t SET v = $1 WHERE id = 1", {}}, bind, wire::execute{"", 0}, wire::sync{});
  EXPECT_THAT(legacy_.result_formats, IsEmpty());
  bind.result_formats = {1, 0};
  client(wire::parse{"", "UPDATE t SET v = $1 WHERE id = 1 RETURNING id", {}}, bind, wire::execute{"", 0},
         wire::sync{});
  EXPECT_THAT(legacy_.result_formats, ElementsAre(1, 0, 0));
}

}  // namespace
}  // namespace pgtandem::proxy
