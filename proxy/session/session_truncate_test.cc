// TRUNCATE is a change of its own where its names mean mirrored tables without triggers.
#include "proxy/session/session_fixture_testing.h"

namespace pgtandem::proxy {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class session_truncate_test : public session_test {
 protected:
  session_truncate_test() { legacy_.image = R"(J100 {"id":1,"v":"x"})"; }
  std::vector<change::op> ops() {
    std::vector<change::op> all;
    for (const auto& c : records_.back().changes) all.push_back(c.op);
    return all;
  }
};

TEST_F(session_truncate_test, alone_is_held_like_any_commit) {
  hold_prepares_ = true;
  query("TRUNCATE t");
  EXPECT_EQ(commits_, 0);
  EXPECT_THAT(ops(), ElementsAre(change::op::truncate));
  EXPECT_THAT(records_.back().marks, IsEmpty());
  answer_prepare();
  run();
  EXPECT_THAT(answers(), ElementsAre("C TRUNCATE", "Z I"));
  EXPECT_EQ(commits_, 1);
}

TEST_F(session_truncate_test, keeps_its_place_among_images) {
  query("BEGIN");
  query("INSERT INTO t (v) VALUES ('x')");
  query("TRUNCATE t");
  query("INSERT INTO t (v) VALUES ('x')");
  query("COMMIT");
  EXPECT_THAT(ops(), ElementsAre(change::op::upsert, change::op::truncate, change::op::upsert));
}

TEST_F(session_truncate_test, is_dropped_with_its_savepoint) {
  query("BEGIN");
  query("INSERT INTO t (v) VALUES ('x')");
  query("SAVEPOINT s");
  query("TRUNCATE t");
  query("ROLLBACK TO s");
  query("COMMIT");
  EXPECT_THAT(ops(), ElementsAre(change::op::upsert));
}

TEST_F(session_truncate_test, a_prepared_one_means_what_its_name_means_when_it_runs) {
  client(wire::parse{"s", "TRUNCATE t", {}}, wire::sync{});
  wire::bind bind;
  bind.statement = "s";
  client(bind, wire::execute{"", 0}, wire::sync{});
  EXPECT_THAT(ops(), ElementsAre(change::op::truncate));
  legacy_.oid = legacy_.write_locked = "999";  // a table of that name that is not mirrored
  query("SET search_path = elsewhere");
  ++durable_;  // its commit needs no record
  client(bind, wire::execute{"", 0}, wire::sync{});
  EXPECT_THAT(records_, SizeIs(1));
}

// Children of a table: neither its own name nor the catalog has to know of them.
TEST_F(session_truncate_test, marks_what_it_locks_besides) {
  catalog_ = std::make_shared<mirrored_catalog>(
      std::vector{testing::keyed_table(oid_t{100}, "t"), testing::keyed_table(oid_t{101}, "child")});
  legacy_.write_locked = "100 101";
  query("TRUNCATE t");
  EXPECT_THAT(ops(), ElementsAre(change::op::truncate));
  ASSERT_THAT(records_.back().marks, SizeIs(1));
  EXPECT_EQ(records_.back().marks[0].table.name, "child");
}

TEST_F(session_truncate_test, beside_a_statement_that_is_not_imaged_its_table_is_marked_as_well) {
  query("BEGIN");
  query("TRUNCATE t");
  query("SELECT writer(1)");
  query("COMMIT");
  EXPECT_THAT(ops(), ElementsAre(change::op::truncate));
  EXPECT_THAT(records_.back().marks, SizeIs(1));
}

TEST_F(session_truncate_test, marks_where_nothing_can_be_asked_ahead_of_it) {
  query("BEGIN");
  query("TRUNCATE t; DO $$ BEGIN END $$");
  query("COMMIT");
  EXPECT_THAT(records_.back().changes, IsEmpty());
  EXPECT_THAT(records_.back().marks, SizeIs(1));
  query("BEGIN");
  query("ALTER TABLE t ADD more text");
  query("TRUNCATE t");
  query("COMMIT");
  EXPECT_THAT(records_.back().changes, IsEmpty());
  EXPECT_THAT(records_.back().marks, SizeIs(1));
}

TEST_F(session_truncate_test, that_cascades_or_meets_a_partition_marks) {
  query("TRUNCATE t CASCADE");
  EXPECT_THAT(records_.back().changes, IsEmpty());
  EXPECT_THAT(records_.back().marks, SizeIs(1));
  auto partitioned = testing::keyed_table(oid_t{50}, "t");
  partitioned.leaves = {oid_t{100}};
  catalog_ = std::make_shared<mirrored_catalog>(std::vector{partitioned});
  query("TRUNCATE t");
  EXPECT_THAT(records_.back().changes, IsEmpty());
  EXPECT_THAT(records_.back().marks, SizeIs(1));
}

}  // namespace
}  // namespace pgtandem::proxy
