// A DELETE that foreign keys carry further: keys are read ahead of it where they can be, else tables are
// marked.
#include "proxy/session/session_fixture_testing.h"

namespace pgtandem::proxy {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// Every name means the table `t` (100); `child` (200) is what its foreign key carries a removal to.
class session_cascades_test : public session_test {
 protected:
  session_cascades_test() {
    auto parent = testing::keyed_table(oid_t{100}, "t");
    parent.cascades = {{oid_t{200}, 'c', 'a', {"v"}, {"id"}, {"OPERATOR(pg_catalog.=)"}}};
    catalog_ =
        std::make_shared<mirrored_catalog>(std::vector{parent, testing::keyed_table(oid_t{200}, "child")});
    legacy_.image = R"(J100 {"id":1,"v":"x"})";
    legacy_.write_locked = "100 200";
    legacy_.oids = {{"child", "200"}};
    legacy_.cascaded_keys = {R"(J200 {"id":8})", R"(J200 {"id":9})"};
  }
  // The marks of the last record: a table, and keys of it where it is not marked as a whole.
  std::vector<std::string> marks() {
    std::vector<std::string> all;
    for (const auto& m : records_.back().marks) {
      std::string text = m.table.name;
      for (const auto& key : m.keys) text += " " + key;
      all.push_back(m.scope == change::mark_scope::table ? text + " whole" : text);
    }
    return all;
  }
};

const std::string both_keys = R"(child {"id":8} {"id":9})";

TEST_F(session_cascades_test, keys_that_were_read_are_marked_alone) {
  query("DELETE FROM t WHERE id = 1");
  EXPECT_THAT(answers(), ElementsAre("C DELETE", "Z I"));
  EXPECT_THAT(records_.back().changes, SizeIs(1));
  EXPECT_THAT(marks(), ElementsAre(both_keys));
  legacy_.cascaded_keys.clear();
  query("DELETE FROM t WHERE id = 1");
  EXPECT_THAT(marks(), IsEmpty()) << "it is locked, but no row of it was written";
}

TEST_F(session_cascades_test, a_prepared_statement_asks_with_its_parameters) {
  client(wire::parse{"s", "DELETE FROM t WHERE id = $1 RETURNING id", {23}}, wire::sync{});
  wire::bind bind;
  bind.statement = "s";
  bind.parameters = {"1"};
  answers();
  client(bind, wire::execute{"", 0}, wire::sync{});
  EXPECT_THAT(answers(), ElementsAre("2", "D 1", "C DELETE", "Z I"));
  EXPECT_THAT(marks(), ElementsAre(both_keys));
}

TEST_F(session_cascades_test, other_numbers_of_rows_mark_the_table) {
  for (const int rows : {0, 2}) {
    legacy_.removed_rows = rows;
    query("DELETE FROM t WHERE id = 1");
    EXPECT_THAT(marks(), ElementsAre("child whole")) << rows;
  }
}

TEST_F(session_cascades_test, so_does_a_key_that_cannot_be_read) {
  for (const std::string key : {"nonsense", R"(J999 {"id":8})"}) {
    legacy_.cascaded_keys.push_back(key);
    query("DELETE FROM t WHERE id = 1");
    EXPECT_THAT(marks(), ElementsAre("child whole")) << key;
    legacy_.cascaded_keys.pop_back();
  }
}

TEST_F(session_cascades_test, so_do_keys_of_which_there_are_too_many) {
  legacy_.cascaded_keys.clear();
  for (std::size_t id = 0; id <= most_cascaded_keys; ++id)
    legacy_.cascaded_keys.push_back("J200 {\"id\":" + std::to_string(id) + "}");
  query("DELETE FROM t WHERE id = 1");
  EXPECT_THAT(marks(), ElementsAre("child whole"));
}

TEST_F(session_cascades_test, under_an_older_snapshot_nothing_can_be_read) {
  legacy_.read_committed = false;
  query("DELETE FROM t WHERE id = 1");
  EXPECT_THAT(marks(), ElementsAre("child whole"));
}

TEST_F(session_cascades_test, a_role_that_may_not_lock_asks_nothing) {
  legacy_.may_lock = false;
  query("DELETE FROM t WHERE id = 1");
  EXPECT_THAT(marks(), ElementsAre("child whole"));
}

TEST_F(session_cascades_test, statements_of_a_transaction_add_up) {
  query("BEGIN");
  query("DELETE FROM t WHERE id = 1");
  legacy_.cascaded_keys = {R"(J200 {"id":7})"};
  query("DELETE FROM t WHERE id = 1");
  query("COMMIT");
  EXPECT_THAT(marks(), ElementsAre(R"(child {"id":7} {"id":8} {"id":9})"));
  query("BEGIN");
  query("DELETE FROM t WHERE id = 1");
  query("DELETE FROM t WHERE abs(id) = 1");
  query("COMMIT");
  EXPECT_THAT(marks(), ElementsAre("child whole"));
}

TEST_F(session_cascades_test, what_was_read_for_a_removal_that_failed_is_not_anothers) {
  query("BEGIN");
  query("SAVEPOINT s");
  query("DELETE FROM t WHERE id = 1 AND v = 'bad'");
  query("ROLLBACK TO s");
  query("DELETE FROM t WHERE abs(id) = 1");
  query("COMMIT");
  EXPECT_THAT(marks(), ElementsAre("child whole"));
}

}  // namespace
}  // namespace pgtandem::proxy
