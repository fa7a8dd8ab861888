#include "proxy/session/planner/unknown_text.h"
#include "proxy/session/session_fixture_testing.h"

namespace pgtandem::proxy {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const std::string key_1 = R"(t {"id":1})";

class session_two_phase : public session_test {
 protected:
  void extended(std::string_view text) {
    client(wire::parse{"", text, {}}, wire::bind{}, wire::execute{"", 0});
  }
  void write_in_block() {
    query("BEGIN");
    query("UPDATE t SET v = 'x' WHERE id = 1");
  }
};

TEST_F(session_two_phase, marks_what_was_written_until_the_transaction_has_ended) {
  write_in_block();
  query("PREPARE TRANSACTION 'g'");
  EXPECT_THAT(marked_, ElementsAre(key_1));
  ASSERT_TRUE(until_.front());
  EXPECT_EQ(until_.front()->gid, "g");
  EXPECT_NE(until_.front()->xid, xid_t{});
  EXPECT_THAT(decisions_, IsEmpty());
  EXPECT_THAT(records_, IsEmpty());
}

TEST_F(session_two_phase, in_a_pipeline_marks_before_it_is_sent) {
  extended("BEGIN");
  extended("UPDATE t SET v = 'x' WHERE id = 1");
  extended("PREPARE TRANSACTION 'g'");
  client(wire::sync{});
  EXPECT_THAT(marked_, ElementsAre(key_1));
  EXPECT_EQ(until_.front()->gid, "g");
}

TEST_F(session_two_phase, marks_old_and_new_keys_of_rows_that_change_theirs) {
  legacy_.old_keys = {R"(J100 {"id":7})"};
  query("BEGIN");
  query("UPDATE t SET id = 1 WHERE id = 7");
  query("PREPARE TRANSACTION 'g'");
  EXPECT_THAT(marked_, ElementsAre(R"(t {"id":1} {"id":7})"));
}

TEST_F(session_two_phase, marks_no_key_that_a_savepoint_took_back) {
  write_in_block();
  query("SAVEPOINT s");
  legacy_.image = R"(J100 {"id":2,"v":"x"})";
  query("UPDATE t SET v = 'x' WHERE id = 2");
  query("ROLLBACK TO s");
  query("PREPARE TRANSACTION 'g'");
  EXPECT_THAT(marked_, ElementsAre(key_1));
}

TEST_F(session_two_phase, marks_the_table_where_images_are_not_all) {
  for (const char* beside :
       {"CALL p()", "TRUNCATE t", "UPDATE t SET v = 'x' FROM u WHERE t.id = abs(u.id)"}) {
    write_in_block();
    if (std::string_view(beside).starts_with("UPDATE")) legacy_.image = "not an image";
    query(beside);
    query("PREPARE TRANSACTION 'g'");
    EXPECT_EQ(marked_.back(), "t") << beside;
    EXPECT_TRUE(until_.back()) << beside;
  }
}

TEST_F(session_two_phase, marks_the_table_where_a_part_of_it_is_staged) {
  const auto image = [](int id) {
    return R"(J100 {"id":)" + std::to_string(id) + R"(,"v":")" + std::string(5000, 'x') + R"("})";
  };
  query("BEGIN");
  for (int id = 1; id < 4; ++id) {
    legacy_.image = image(id);
    query("UPDATE t SET v = 'x' WHERE id = 1");
  }
  EXPECT_TRUE(staged_);
  query("PREPARE TRANSACTION 'g'");
  EXPECT_THAT(marked_, ElementsAre("t"));
}

TEST_F(session_two_phase, a_text_that_may_end_the_block_marks_what_was_written_before_it) {
  std::string setting;
  wire::encode(wire::parameter_status{"client_encoding", "SJIS"}, setting);
  answer(setting);
  write_in_block();
  extended("COMMIT /* \x83\x5c */");
  client(wire::sync{});
  EXPECT_THAT(marked_, ElementsAre(key_1));
  ASSERT_TRUE(until_.front());
  EXPECT_EQ(until_.front()->gid, "");
}

TEST_F(session_two_phase, behind_a_text_that_may_have_ended_the_block_what_writes_is_marked_ahead) {
  std::string setting;
  wire::encode(wire::parameter_status{"client_encoding", "SJIS"}, setting);
  answer(setting);
  query("BEGIN");
  extended("COMMIT /* \x83\x5c */");
  extended("SELECT 1");
  EXPECT_THAT(marked_, IsEmpty());
  extended("UPDATE t SET v = 'x' WHERE id = 1");
  EXPECT_THAT(marked_, ElementsAre("t"));
  client(wire::sync{});
  EXPECT_EQ(commits_, 1);
  EXPECT_THAT(decisions_, ElementsAre("ripe"));
  query("BEGIN");
  extended("COMMIT /* \x83\x5c */");
  query("UPDATE t SET v = 'x' WHERE id = 1");
  EXPECT_THAT(marked_, ElementsAre("t", "t"));
  query("UPDATE t SET v = 'x' WHERE id = 1");
  EXPECT_EQ(records_.size(), 1U) << "its state is known again";
}

TEST_F(session_two_phase, tells_whether_it_has_defined_anything) {
  write_in_block();
  query("PREPARE TRANSACTION 'g'");
  EXPECT_FALSE(until_.back()->defines);
  query("BEGIN");
  query("CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'");
  query("PREPARE TRANSACTION 'h'");
  EXPECT_TRUE(until_.back()->defines);
}

TEST_F(session_two_phase, what_defines_nothing_leaves_images_alone_when_it_is_committed) {
  defines_nothing_ = awaited_ = "g";
  query("COMMIT PREPARED 'g'");
  EXPECT_FALSE(code_.may_run({})) << "as it was before";
  awaited_ = "h";
  query("COMMIT PREPARED 'h'");
  EXPECT_TRUE(code_.may_run({})) << "until the catalog has been read";
}

TEST_F(session_two_phase, does_not_hold_up_what_comes_after) {
  write_in_block();
  query("PREPARE TRANSACTION 'g'");
  query("UPDATE t SET v = 'y' WHERE id = 1");
  EXPECT_EQ(records_.size(), 1U);
}

TEST_F(session_two_phase, marks_nothing_where_nothing_was_written) {
  query("PREPARE TRANSACTION 'g'");
  query("BEGIN");
  query("SELECT 1");
  query("PREPARE TRANSACTION 'g'");
  EXPECT_THAT(marked_, IsEmpty());
}

TEST_F(session_two_phase, tells_by_which_name_nothing_was_left_to_mark) {
  legacy_.write_locked = "";
  query("BEGIN");
  query("SELECT volatile_function()");
  query("PREPARE TRANSACTION 'g'");
  EXPECT_THAT(marked_, IsEmpty());
  ASSERT_EQ(until_.size(), 1U);
  EXPECT_EQ(until_.front()->gid, "g");
  EXPECT_EQ(until_.front()->xid, xid_t{77});
  EXPECT_EQ(legacy_.executed.back(), "PREPARE TRANSACTION 'g'");
}

TEST_F(session_two_phase, committed_is_what_was_marked_before) {
  awaited_ = "g";
  query("COMMIT PREPARED 'g'");
  EXPECT_THAT(marked_, IsEmpty());
  query("COMMIT PREPARED 'another'");
  EXPECT_THAT(marked_, ElementsAre("t"));
  EXPECT_THAT(of_prepared_, ElementsAre("another"));
}

TEST_F(session_two_phase, may_be_what_a_text_of_several_statements_leaves) {
  query("VACUUM; PREPARE TRANSACTION 'g'");
  EXPECT_THAT(marked_, ElementsAre("t"));
  EXPECT_FALSE(until_.front());
  EXPECT_THAT(decisions_, ElementsAre("ripe, perhaps prepared"));
}

TEST(begins_as_query, by_its_first_word) {
  EXPECT_TRUE(begins_as_query(" UPDATE t SET v = '\x83\x5c'"));
  EXPECT_TRUE(begins_as_query("select\n'\x83\x5c'"));
  for (const char* text : {"", " ", "COMMIT", "end /*\x83\x5c*/", "withdraw x", "update", "/* */ SELECT 1",
                           "DO 'x'", "EXECUTE e"})
    EXPECT_FALSE(begins_as_query(text)) << text;
}

}  // namespace
}  // namespace pgtandem::proxy
