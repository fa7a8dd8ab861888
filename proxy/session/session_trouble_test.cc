#include "protocol/wire/frontend/function_call.h"
#include "proxy/session/session_fixture_testing.h"

namespace pgtandem::proxy {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST_F(session_test, commit_that_fails_is_decided_aborted) {
  legacy_.fail_commits = true;
  query("UPDATE t SET v = 'x' WHERE id = 1");
  EXPECT_THAT(answers(), ElementsAre("E 23503", "Z I"));
  EXPECT_THAT(decisions_, ElementsAre("1 aborted"));
  query("BEGIN");
  query("UPDATE t SET v = 'x' WHERE id = 1");
  answers();
  query("COMMIT");
  EXPECT_THAT(answers(), ElementsAre("E 23503", "Z I"));
  EXPECT_THAT(decisions_, ElementsAre("1 aborted", "2 aborted"));
}

TEST_F(session_test, rejected_record_rolls_the_transaction_back) {
  reject_ = true;
  query("UPDATE t SET v = 'x' WHERE id = 1");
  EXPECT_THAT(answers(), ElementsAre("E 58030", "Z I"));
  query("BEGIN");
  query("UPDATE t SET v = 'x' WHERE id = 1");
  answers();
  query("COMMIT");
  EXPECT_THAT(answers(), ElementsAre("E 58030", "Z I"));
  client(wire::parse{"", "UPDATE t SET v = $1 WHERE id = 1", {}}, wire::bind{}, wire::execute{"", 0},
         wire::sync{});
  EXPECT_THAT(answers(), ElementsAre("1", "2", "C UPDATE", "E 58030", "Z I"));
  EXPECT_EQ(commits_, 0);
}

TEST_F(session_test, portal_outlives_a_failed_bind_of_its_name) {
  wire::bind bind;
  bind.portal = "p";
  query("BEGIN");
  client(wire::parse{"", "UPDATE t SET v = $1 WHERE id = 1", {}}, bind, wire::sync{});
  query("SAVEPOINT a");
  bind.statement = "none";
  client(bind, wire::sync{});
  query("ROLLBACK TO a");
  answers();
  client(wire::execute{"p", 0}, wire::sync{});
  EXPECT_THAT(answers(), ElementsAre("C UPDATE", "Z T"));
  query("COMMIT");
  ASSERT_EQ(records_.size(), 1U);
  EXPECT_EQ(records_[0].changes.size(), 1U);
}

TEST_F(session_test, statements_dropped_in_an_opaque_text_are_not_prepared_anew) {
  for (const std::string drops : {"DEALLOCATE ALL", "DEALLOCATE s"}) {
    client(wire::parse{"s", "UPDATE t SET v = $1 WHERE id = 1", {}}, wire::sync{});
    query(drops + "; CALL writer()");
    legacy_.unmet = drops == "DEALLOCATE ALL" ? "1" : "2";  // a reason to prepare it anew
    answers();
    wire::bind bind;
    bind.statement = "s";
    client(bind, wire::execute{"", 0}, wire::sync{});
    EXPECT_THAT(answers(), ElementsAre("E 26000", "Z I")) << drops;
  }
}

TEST_F(session_test, query_behind_a_batch_is_held_where_its_block_may_have_come_to_nothing) {
  client(wire::query{"UPDATE t SET v = bad; BEGIN"}, wire::parse{"", "UPDATE t SET v = $1 WHERE id = 1", {}},
         wire::bind{}, wire::execute{"", 0}, wire::query{""});
  EXPECT_EQ(records_.size(), 1U);
  EXPECT_EQ(commits_, 1);
}

TEST_F(session_test, function_call_ends_the_portals_of_its_batch) {
  client(wire::parse{"", "INSERT INTO t (v) VALUES ('x') RETURNING id", {}}, wire::bind{},
         wire::execute{"", 0}, wire::function_call{1, {}});
  answers();
  client(wire::execute{"", 0}, wire::sync{});
  EXPECT_THAT(answers(), ElementsAre("E 34000", "Z I"));
}

TEST_F(session_test, nothing_is_asked_for_a_copy_whose_transaction_may_have_failed) {
  client(wire::query{"BEGIN"}, wire::query{"SELECT bad"}, wire::parse{"", "COPY t FROM STDIN", {}},
         wire::bind{}, wire::execute{"", 0}, wire::sync{});
  EXPECT_THAT(legacy_.parsed, ElementsAre("COPY t FROM STDIN"));
}

TEST_F(session_test, commit_sent_ahead_of_an_error_in_its_block_is_a_rollback) {
  client(wire::query{"BEGIN"}, wire::query{"UPDATE t SET v = 'x' WHERE id = 1"},
         wire::query{"UPDATE t SET v = bad"}, wire::query{"COMMIT"}, wire::query{"SELECT 1"});
  EXPECT_THAT(answers(), ElementsAre("C BEGIN", "Z T", "C UPDATE", "Z T", "E 22012", "Z E", "C ROLLBACK",
                                     "Z I", "T 1", "D 1", "C SELECT", "Z I"));
  EXPECT_THAT(records_, IsEmpty());
}

TEST_F(session_test, unproven_statement_marks_what_it_locked) {
  query("SELECT writer()");
  EXPECT_THAT(answers(), ElementsAre("T 1", "D 1", "C SELECT", "Z I"));
  ASSERT_EQ(records_.size(), 1U);
  ASSERT_EQ(records_[0].marks.size(), 1U);
  EXPECT_EQ(records_[0].marks[0].table.name, "t");
  EXPECT_EQ(commits_, 1);
}

TEST_F(session_test, unproven_statement_that_wrote_nothing_records_nothing) {
  query("SELECT reader()");
  EXPECT_THAT(answers(), ElementsAre("T 1", "D 1", "C SELECT", "Z I"));
  EXPECT_THAT(records_, IsEmpty());
}

TEST_F(session_test, what_may_commit_by_itself_is_marked_ahead) {
  query("CALL writer()");
  EXPECT_THAT(marked_, ElementsAre("t"));
  EXPECT_THAT(decisions_, ElementsAre("ripe"));
  EXPECT_EQ(commits_, 1);
}

TEST_F(session_test, lost_connection_behind_the_commit_is_in_doubt) {
  query("BEGIN");
  query("UPDATE t SET v = 'x' WHERE id = 1");
  hold_prepares_ = true;
  query("COMMIT");
  legacy_silent_ = true;
  answer_prepare();
  run();
  session_.on_server_eof();
  run();
  EXPECT_THAT(decisions_, ElementsAre("1 in doubt"));
}

TEST_F(session_test, lost_connection_before_the_commit_aborts) {
  hold_prepares_ = true;
  query("UPDATE t SET v = 'x' WHERE id = 1");
  session_.on_server_eof();
  answer_prepare();
  for (action& a : session_.take_actions()) perform(a);
  EXPECT_THAT(decisions_, ElementsAre("1 aborted"));
  EXPECT_EQ(commits_, 0);
}

TEST_F(session_test, after_a_failed_statement_answers_still_belong_to_their_questions) {
  query("INSERT INTO t (v) VALUES (bad)");
  EXPECT_THAT(answers(), ElementsAre("E 22012", "Z I"));
  query("SELECT 1");
  EXPECT_THAT(answers(), ElementsAre("T 1", "D 1", "C SELECT", "Z I"));
  query("UPDATE t SET v = 'x' WHERE id = 1");
  EXPECT_THAT(answers(), ElementsAre("C UPDATE", "Z I"));
  query("UPDATE t SET v = 'x' WHERE id = 1; UPDATE t SET v = bad; UPDATE t SET v = 'y' WHERE id = 1");
  EXPECT_THAT(answers(), ElementsAre("C UPDATE", "E 22012", "Z I"));
  query("SELECT 1");
  EXPECT_THAT(answers(), ElementsAre("T 1", "D 1", "C SELECT", "Z I"));
  EXPECT_EQ(records_.size(), 1U);
}

TEST_F(session_test, a_statement_that_the_parser_does_not_know_is_one_of_which_nothing_is_proven) {
  query("SELECT ((");
  EXPECT_THAT(answers(), ElementsAre("T 1", "D 1", "C SELECT", "Z I"));
  EXPECT_THAT(marked_, IsEmpty());
  EXPECT_THAT(records_, IsEmpty());
  query("BEGIN");
  query("UPDATE t SET v == writer()");
  query("COMMIT");
  ASSERT_EQ(records_.size(), 1U);
  EXPECT_EQ(records_[0].marks.size(), 1U);
}

TEST_F(session_test, a_text_of_several_statements_that_is_not_understood_marks_every_table_ahead) {
  query("UPDATE t SET v == 1; COMMIT");
  EXPECT_THAT(marked_, ElementsAre("t"));
  query("/* hidden */ CALL ((writer");
  EXPECT_THAT(marked_, ElementsAre("t", "t"));
}

TEST_F(session_test, marks_ahead_of_what_an_error_discards_become_ripe) {
  client(wire::parse{"", "SELECT bad", {}}, wire::bind{}, wire::execute{"", 0},
         wire::parse{"", "CALL writer()", {}}, wire::bind{}, wire::execute{"", 0}, wire::sync{});
  EXPECT_THAT(answers(), ElementsAre("1", "2", "E 22012", "Z I"));
  EXPECT_THAT(marked_, ElementsAre("t"));
  EXPECT_THAT(decisions_, ElementsAre("ripe"));
  query("CALL writer()");
  EXPECT_THAT(marked_, ElementsAre("t", "t"));
  EXPECT_THAT(decisions_, ElementsAre("ripe", "ripe"));
}

TEST_F(session_test, marks_ahead_of_a_query_behind_an_execute_become_ripe) {
  client(wire::parse{"", "UPDATE t SET v = $1 WHERE id = 1", {}}, wire::bind{}, wire::execute{"", 0},
         wire::query{"CALL writer()"});
  EXPECT_THAT(marked_, ElementsAre("t"));
  EXPECT_THAT(decisions_, ElementsAre("1 committed", "ripe"));
}

TEST_F(session_test, message_of_impossible_length_ends_the_session_behind_what_came_before) {
  hold_prepares_ = true;
  std::string bytes;
  wire::encode(wire::query{"UPDATE t SET v = 'x' WHERE id = 1"}, bytes);
  bytes += std::string("Q\0\0\0\x03", 5) + "whatever follows";
  session_.client_in().append(bytes);
  session_.on_client_bytes();
  run();
  EXPECT_FALSE(legacy_.terminated);
  answer_prepare();
  run();
  EXPECT_THAT(answers(), ElementsAre("C UPDATE", "Z I"));
  EXPECT_TRUE(legacy_.terminated);
  query("UPDATE t SET v = 'y' WHERE id = 1");
  EXPECT_EQ(records_.size(), 1U);
}

TEST_F(session_test, a_query_that_rules_may_answer_with_rows_stays_a_query) {
  legacy_.has_rules = true;
  query("UPDATE t SET v = 'x' WHERE id = 1");
  EXPECT_THAT(marked_, ElementsAre("t"));
  query("UPDATE t SET v = 'x' WHERE id = 1; SELECT 1");
  EXPECT_THAT(marked_, ElementsAre("t", "t"));
  EXPECT_THAT(decisions_, ElementsAre("ripe", "ripe, perhaps prepared"));
  query("BEGIN");
  query("UPDATE t SET v = 'x' WHERE id = 1; SELECT 1");
  query("COMMIT");
  EXPECT_EQ(records_.at(0).marks.size(), 1U);
  EXPECT_THAT(legacy_.parsed, ::testing::Each(::testing::HasSubstr("pg_catalog")));
}

TEST_F(session_test, a_statement_that_the_parser_does_not_know_is_sent_whole) {
  query(" UPDATE t SET v == 1 ; ");
  EXPECT_THAT(legacy_.parsed, ::testing::Contains(" UPDATE t SET v == 1 ; "));
}

}  // namespace
}  // namespace pgtandem::proxy
