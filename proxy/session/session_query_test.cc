#include "protocol/wire/backend/notification_response.h"
#include "proxy/session/session_fixture_testing.h"

namespace pgtandem::proxy {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST_F(session_test, commit_prepared_by_protocol_is_held_when_sql_executes_it) {
  client(wire::parse{"c", "COMMIT", {}}, wire::sync{});
  for (const char* text : {"EXECUTE c", "SELECT 1; EXECUTE c"}) {
    query("BEGIN");
    query("UPDATE t SET v = 'x' WHERE id = 1");
    hold_prepares_ = true;
    const int before = commits_;
    query(text);
    EXPECT_EQ(commits_, before) << text;
    answer_prepare();
    run();
    EXPECT_EQ(commits_, before + 1) << text;
    hold_prepares_ = false;
  }
}

TEST_F(session_test, reads_pass_untouched) {
  query("SELECT 1");
  EXPECT_THAT(answers(), ElementsAre("T 1", "D 1", "C SELECT", "Z I"));
  EXPECT_THAT(legacy_.executed, ElementsAre("SELECT 1"));
  EXPECT_THAT(records_, IsEmpty());
}

TEST_F(session_test, autocommit_update_is_held_until_its_record_is_durable) {
  hold_prepares_ = true;
  query("UPDATE t SET v = 'x' WHERE id = 1");
  EXPECT_THAT(answers(), IsEmpty());
  EXPECT_EQ(commits_, 0);
  ASSERT_EQ(records_.size(), 1U);
  ASSERT_EQ(records_[0].changes.size(), 1U);
  EXPECT_EQ(records_[0].changes[0].key, R"({"id":1})");
  EXPECT_EQ(records_[0].xid, xid_t{77});
  EXPECT_THAT(records_[0].marks, IsEmpty());
  answer_prepare();
  run();
  EXPECT_THAT(answers(), ElementsAre("C UPDATE", "Z I"));
  EXPECT_EQ(commits_, 1);
  EXPECT_THAT(decisions_, ElementsAre("1 committed"));
}

// Between a question's row and its end the next question may already be asked.
TEST_F(session_test, names_are_told_apart_however_their_answers_arrive) {
  in_single_bytes_ = true;
  client(wire::parse{"a", "UPDATE other.t SET v = 'z'", {}},
         wire::parse{"", "UPDATE public.t SET v = 'z' WHERE id = 1", {}}, wire::bind{}, wire::execute{"", 0},
         wire::sync{});
  ASSERT_EQ(records_.size(), 1U);
  EXPECT_EQ(records_[0].changes.size(), 1U);
  EXPECT_THAT(records_[0].marks, IsEmpty());
}

TEST_F(session_test, client_gets_only_its_own_returning_columns) {
  query("INSERT INTO t (v) VALUES ('x') RETURNING id");
  EXPECT_THAT(answers(), ElementsAre("T 1", "D 1", "C INSERT", "Z I"));
  EXPECT_EQ(records_.at(0).changes.size(), 1U);
}

TEST_F(session_test, block_is_recorded_as_one_at_its_commit) {
  query("BEGIN");
  query("UPDATE t SET v = 'x' WHERE id = 1");
  query("DELETE FROM t WHERE id = 1");
  EXPECT_THAT(records_, IsEmpty());
  answers();
  query("COMMIT");
  EXPECT_THAT(answers(), ElementsAre("C COMMIT", "Z I"));
  ASSERT_EQ(records_.size(), 1U);
  EXPECT_EQ(records_[0].changes.size(), 2U);
  EXPECT_EQ(records_[0].changes[1].op, change::op::remove);
  EXPECT_THAT(decisions_, ElementsAre("1 committed"));
}

TEST_F(session_test, rolled_back_block_leaves_nothing) {
  query("BEGIN");
  query("UPDATE t SET v = 'x' WHERE id = 1");
  query("ROLLBACK");
  query("UPDATE t SET v = 'y' WHERE id = 1");
  ASSERT_EQ(records_.size(), 1U);
  EXPECT_EQ(records_[0].changes.size(), 1U);
}

TEST_F(session_test, rollback_to_savepoint_drops_its_images) {
  query("BEGIN");
  query("UPDATE t SET v = 'a' WHERE id = 1");
  query("SAVEPOINT s");
  query("UPDATE t SET v = 'b' WHERE id = 1");
  query("UPDATE t SET v = 'c' WHERE id = 1");
  query("ROLLBACK TO s");
  query("UPDATE t SET v = 'd' WHERE id = 1");
  query("RELEASE s");
  query("COMMIT");
  ASSERT_EQ(records_.size(), 1U);
  EXPECT_EQ(records_[0].changes.size(), 2U);
}

TEST_F(session_test, error_in_a_block_makes_commit_a_rollback) {
  query("BEGIN");
  query("UPDATE t SET v = 'a' WHERE id = 1");
  query("UPDATE t SET v = bad");
  answers();
  query("COMMIT");
  EXPECT_THAT(answers(), ElementsAre("C ROLLBACK", "Z I"));
  EXPECT_THAT(records_, IsEmpty());
  EXPECT_EQ(commits_, 0);
}

TEST_F(session_test, several_statements_in_one_query_commit_behind_their_record) {
  query("BEGIN; UPDATE t SET v = 'a' WHERE id = 1; COMMIT; SHOW bad");
  EXPECT_THAT(answers(), ElementsAre("C BEGIN", "C UPDATE", "C COMMIT", "E 22012", "Z I"));
  EXPECT_EQ(commits_, 1);
  EXPECT_THAT(decisions_, ElementsAre("1 committed"));
}

TEST_F(session_test, implicit_transaction_of_several_statements_is_one_record) {
  query("UPDATE t SET v = 'a' WHERE id = 1; UPDATE t SET v = 'b' WHERE id = 1");
  EXPECT_THAT(answers(), ElementsAre("C UPDATE", "C UPDATE", "Z I"));
  ASSERT_EQ(records_.size(), 1U);
  EXPECT_EQ(records_[0].changes.size(), 2U);
}

TEST_F(session_test, bytes_may_arrive_one_by_one) {
  std::string bytes;
  wire::encode(wire::parse{"", "UPDATE t SET v = $1 WHERE id = 1", {}}, bytes);
  wire::encode(wire::bind{}, bytes);
  wire::encode(wire::execute{"", 0}, bytes);
  wire::encode(wire::sync{}, bytes);
  wire::encode(wire::query{"SELECT 1"}, bytes);
  for (const char c : bytes) {
    session_.client_in().append({&c, 1});
    session_.on_client_bytes();
    run();
  }
  EXPECT_THAT(answers(), ElementsAre("1", "2", "C UPDATE", "Z I", "T 1", "D 1", "C SELECT", "Z I"));
  EXPECT_EQ(records_.size(), 1U);
}

TEST_F(session_test, prepare_in_sql_is_imaged_when_executed) {
  query("PREPARE p AS UPDATE t SET v = 'x' WHERE id = 1");
  EXPECT_THAT(answers(), ElementsAre("C PREPARE", "Z I"));
  EXPECT_THAT(records_, IsEmpty());
  query("EXECUTE p");
  EXPECT_THAT(answers(), ElementsAre("C UPDATE", "Z I"));
  ASSERT_EQ(records_.size(), 1U);
  EXPECT_EQ(records_[0].changes.size(), 1U);
  EXPECT_THAT(records_[0].marks, IsEmpty());
}

TEST_F(session_test, execute_of_a_prepared_read_waits_for_nothing) {
  query("PREPARE p AS SELECT 1");
  query("EXECUTE p");
  EXPECT_THAT(answers(), ElementsAre("C PREPARE", "Z I", "T 1", "D 1", "C SELECT", "Z I"));
  EXPECT_THAT(records_, IsEmpty());
}

TEST_F(session_test, execute_of_what_the_protocol_prepared_is_imaged) {
  client(wire::parse{"s", "INSERT INTO t (v) VALUES ('x')", {}}, wire::sync{});
  answers();
  query("EXECUTE s");
  EXPECT_THAT(answers(), ElementsAre("C INSERT", "Z I"));
  EXPECT_EQ(records_.at(0).changes.size(), 1U);
}

TEST_F(session_test, empty_query_behind_an_execute_is_answered_after_the_commit_that_it_is) {
  hold_prepares_ = true;
  client(wire::parse{"", "UPDATE t SET v = $1 WHERE id = 1", {}}, wire::bind{}, wire::execute{"", 0},
         wire::query{""});
  EXPECT_THAT(answers(), ElementsAre("1", "2", "C UPDATE"));
  answer_prepare();
  run();
  EXPECT_THAT(answers(), ElementsAre("I", "Z I"));
  EXPECT_THAT(decisions_, ElementsAre("1 committed"));
}

TEST_F(session_test, notification_of_a_commit_comes_behind_the_withheld_tag) {
  std::string notification;
  wire::encode(wire::notification_response{.pid = 1, .channel = "news", .payload = "x"}, notification);
  legacy_.behind_commit = notification;
  query("UPDATE t SET v = 'x' WHERE id = 1");
  EXPECT_THAT(answers(), ElementsAre("C UPDATE", "A", "Z I"));
}

TEST_F(session_test, query_that_is_not_a_string_marks_nothing) {
  session_.client_in().append(std::string("Q\0\0\0\x0cSELECT 1", 13));
  session_.on_client_bytes();
  run();
  EXPECT_THAT(marked_, IsEmpty());
}

// In extended messages legacy would refuse them: the implicit block is there for a simple Query alone.
TEST_F(session_test, a_text_that_asks_for_its_implicit_block_is_not_cut_up) {
  query("LOCK TABLE t; UPDATE t SET v = 'x' WHERE id = 1");
  query("DECLARE c CURSOR FOR SELECT 1; UPDATE t SET v = 'x' WHERE id = 1");
  EXPECT_THAT(marked_, ElementsAre("t", "t"));
  EXPECT_THAT(records_, IsEmpty());
}

TEST_F(session_test, a_text_that_finds_a_block_is) {
  query("BEGIN; LOCK TABLE t; UPDATE t SET v = 'x' WHERE id = 1; COMMIT");
  query("BEGIN");
  query("LOCK TABLE t; UPDATE t SET v = 'x' WHERE id = 1");
  query("COMMIT");
  EXPECT_THAT(marked_, IsEmpty());
  EXPECT_EQ(records_.size(), 2U);
}

}  // namespace
}  // namespace pgtandem::proxy
