// INSERT, UPDATE and DELETE in WITH: what they note is read behind the statement.
#include "proxy/session/session_fixture_testing.h"

namespace pgtandem::proxy {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

class session_parts_test : public session_test {
 protected:
  session_parts_test() {
    catalog_ = std::make_shared<mirrored_catalog>(
        std::vector{testing::keyed_table(oid_t{100}, "t"), testing::keyed_table(oid_t{200}, "u")});
    legacy_.oids = {{"u", "200"}, {"other", "300"}};
    legacy_.noted = {{"d", R"(J100 {"id":7})"}, {"n", "2"}, {"u", R"(J100 {"id":8,"v":"x"})"}, {"z", ""}};
    legacy_.image = R"(J200 {"id":1,"v":"x"})";
  }
  std::vector<std::string> changes(const change::record& record) {
    std::vector<std::string> all;
    for (const auto& c : record.changes)
      all.push_back(record.tables[c.table].name + (c.op == change::op::remove ? " -" : " +") + c.key);
    return all;
  }
  static constexpr std::string_view query_ =
      "WITH a AS (DELETE FROM t WHERE id = 7 RETURNING id), b AS (INSERT INTO t VALUES (8)) SELECT id FROM a";
};

TEST_F(session_parts_test, rows_that_parts_wrote_are_in_the_record) {
  query(query_);
  EXPECT_THAT(answers(), ElementsAre("T 1", "D 1", "C WITH", "Z I"));
  ASSERT_THAT(records_, SizeIs(1));
  EXPECT_THAT(changes(records_[0]), ElementsAre(R"(t -{"id":7})", R"(t +{"id":8})"));
  EXPECT_THAT(records_[0].marks, IsEmpty());
  EXPECT_THAT(legacy_.executed, Contains(HasSubstr("pgtandem.notes")));
}

TEST_F(session_parts_test, what_the_statement_writes_itself_comes_as_ever) {
  legacy_.write_locked = "100 200";
  query(
      "WITH a AS (DELETE FROM t WHERE id = 7 RETURNING id), b AS (INSERT INTO t VALUES (8)) "
      "INSERT INTO u SELECT id FROM a");
  EXPECT_THAT(answers(), ElementsAre("C WITH", "Z I"));
  EXPECT_THAT(changes(records_.at(0)), ElementsAre(R"(u +{"id":1})", R"(t -{"id":7})", R"(t +{"id":8})"));
  EXPECT_THAT(records_[0].marks, IsEmpty());
}

TEST_F(session_parts_test, other_numbers_of_notes_and_rows_mark_the_table) {
  for (const std::optional<std::string>& count :
       {std::optional<std::string>("1"), {"3"}, {std::nullopt}, {"x"}}) {
    legacy_.noted[1].second = count;
    query(query_);
    EXPECT_THAT(records_.back().marks, SizeIs(1)) << count.value_or("none");
    answers();
  }
  for (const std::size_t left : {0U, 1U, 2U}) {
    legacy_.noted.resize(left);
    query(query_);
    EXPECT_THAT(records_.back().marks, SizeIs(1)) << left;
  }
  legacy_.noted = {{"d", "nonsense"}, {"n", "1"}};
  query(query_);
  EXPECT_THAT(records_.back().marks, SizeIs(1));
}

// A table by that name which is another one by now.
TEST_F(session_parts_test, rows_of_a_table_that_is_not_mirrored_mark_what_is_locked) {
  legacy_.noted = {{"d", R"(J300 {"id":7})"}, {"n", "1"}};
  query(query_);
  EXPECT_THAT(changes(records_.at(0)), IsEmpty());
  EXPECT_THAT(records_[0].marks, SizeIs(1));
}

TEST_F(session_parts_test, tables_that_nobody_noted_anything_of_are_marked) {
  legacy_.write_locked = "100 200";
  query(query_);
  ASSERT_THAT(records_.at(0).marks, SizeIs(1));
  EXPECT_EQ(records_[0].marks[0].table.name, "u");
}

TEST_F(session_parts_test, in_a_block_they_go_with_a_savepoint) {
  query("BEGIN");
  query("SAVEPOINT s");
  query(query_);
  query("ROLLBACK TO s");
  query(query_);
  query("COMMIT");
  EXPECT_THAT(changes(records_.at(0)), ElementsAre(R"(t -{"id":7})", R"(t +{"id":8})"));
  EXPECT_THAT(records_[0].marks, IsEmpty());
}

TEST_F(session_parts_test, prepared_under_a_name_they_are_noted_each_time) {
  wire::bind bind;
  bind.statement = "s";
  client(wire::parse{"s", query_, {}}, wire::sync{});
  for (int i = 0; i < 2; ++i) client(bind, wire::execute{"", 0}, wire::sync{});
  EXPECT_THAT(answers(), ElementsAre("1", "Z I", "2", "D 1", "C WITH", "Z I", "2", "D 1", "C WITH", "Z I"));
  ASSERT_THAT(records_, SizeIs(2));
  EXPECT_THAT(records_[1].changes, SizeIs(2));
  EXPECT_THAT(records_[1].marks, IsEmpty());
}

TEST_F(session_parts_test, prepared_they_are_rewritten_anew_once_the_role_may_not_read) {
  wire::bind bind;
  bind.statement = "s";
  client(wire::parse{"s", query_, {}}, wire::sync{});
  legacy_.may_select = false;
  query("SET ROLE r");
  legacy_.executed.clear();
  client(bind, wire::execute{"", 0}, wire::sync{});
  EXPECT_THAT(legacy_.executed, ElementsAre(query_));
  EXPECT_THAT(records_.at(0).changes, IsEmpty());
  EXPECT_THAT(records_[0].marks, SizeIs(1));
}

TEST_F(session_parts_test, prepared_they_are_looked_at_once_a_name_means_another_table) {
  wire::bind set;
  set.statement = "set";
  client(wire::parse{"", query_, {}}, wire::parse{"set", "SET search_path TO other", {}}, set,
         wire::execute{"", 0}, wire::sync{});
  legacy_.oid = "200";
  client(wire::bind{}, wire::execute{"", 0}, wire::sync{});
  EXPECT_THAT(records_.at(0).marks, SizeIs(1));
}

TEST_F(session_parts_test, a_trigger_that_has_come_meanwhile_marks_what_is_locked) {
  client(wire::parse{"", query_, {}}, wire::bind{}, wire::sync{});
  auto table = testing::keyed_table(oid_t{100}, "t");
  table.has_user_triggers = true;
  catalog_ = std::make_shared<mirrored_catalog>(std::vector{table});
  client(wire::parse{"s", query_, {}}, wire::sync{});
  query(query_);
  EXPECT_THAT(records_.at(0).changes, IsEmpty());
  EXPECT_THAT(records_[0].marks, SizeIs(1));
}

TEST_F(session_parts_test, in_tables_that_are_not_mirrored_they_are_left_alone) {
  const auto commit_needs_record = std::exchange(legacy_.on_commit, {});
  query("WITH a AS (DELETE FROM other RETURNING id) SELECT id FROM a");
  EXPECT_THAT(records_, IsEmpty());
  legacy_.on_commit = commit_needs_record;
  EXPECT_THAT(legacy_.executed, Not(Contains(HasSubstr("pgtandem"))));
  query("WITH a AS (DELETE FROM other RETURNING id) INSERT INTO u SELECT id FROM a");
  EXPECT_THAT(changes(records_.at(0)), ElementsAre(R"(u +{"id":1})"));
  EXPECT_THAT(records_[0].marks, IsEmpty());
}

TEST_F(session_parts_test, where_their_rows_cannot_be_noted_the_text_stays) {
  for (const std::string_view text :
       {"WITH a AS (UPDATE t SET id = 2 RETURNING id) SELECT id FROM a",        // keys change
        "WITH a AS (DELETE FROM t RETURNING *) SELECT id FROM a",               // columns' origins
        "WITH a AS (DELETE FROM t RETURNING *) INSERT INTO t SELECT * FROM a",  // which comes last
        "WITH a AS (DELETE FROM t RETURNING *), b AS (SELECT writer(1)) SELECT id FROM b"}) {
    legacy_.executed.clear();
    query(text);
    EXPECT_THAT(legacy_.executed, Contains(text));
    EXPECT_THAT(records_.back().changes, IsEmpty()) << text;
    EXPECT_THAT(records_.back().marks, SizeIs(1)) << text;
  }
}

TEST_F(session_parts_test, behind_an_error_nothing_is_read) {
  query("BEGIN");
  query("WITH a AS (DELETE FROM t WHERE bad RETURNING id) SELECT id FROM a");
  answers();
  query(query_);
  EXPECT_THAT(answers(), ElementsAre("E 25P02", "Z E"));
  query("ROLLBACK");
  EXPECT_THAT(records_, IsEmpty());
}

}  // namespace
}  // namespace pgtandem::proxy
