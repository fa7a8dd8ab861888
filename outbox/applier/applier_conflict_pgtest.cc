// What the target refuses: another order where one helps, a loud halt where none does.
#include <gmock/gmock.h>

#include "outbox/applier/applier_fixture.h"

namespace pgtandem::outbox {
namespace {

using testing::HasSubstr;

class conflict : public applier_test {
 protected:
  conflict() { execute("CREATE TABLE t(id int PRIMARY KEY, u int UNIQUE, v text)"); }
  static std::string row(int id, const std::string& u, const std::string& v = "x") {
    return fmt::format(R"({{"id":{},"u":{},"v":"{}"}})", id, u, v);
  }
  std::string table() { return rows("SELECT id, u, v FROM t ORDER BY id"); }
};

TEST_F(conflict, a_removed_row_gives_its_value_to_another) {
  execute("INSERT INTO t VALUES (1, 10, 'x')");
  EXPECT_TRUE(apply(*started(), {record_builder(1).remove("t", key(1)).upsert("t", key(2), row(2, "10"))}));
  EXPECT_EQ(table(), "2|10|x");
}

// Coalesced, row 1 comes last and row 2 would take a value that is still held.
TEST_F(conflict, a_value_handed_over_within_a_batch) {
  execute("INSERT INTO t VALUES (1, 10, 'x'), (2, 20, 'x')");
  auto a = started();
  EXPECT_TRUE(apply(*a, {record_builder(1).upsert("t", key(1), row(1, "null")),
                         record_builder(2).upsert("t", key(2), row(2, "10")),
                         record_builder(3).upsert("t", key(1), row(1, "20", "y")),
                         record_builder(4).upsert("t", key(3), row(3, "30"))}));
  EXPECT_EQ(table(), "1|20|y 2|10|x 3|30|x");
  EXPECT_EQ(hwm(), "4");
  EXPECT_FALSE(a->state().halted);
}

// Legacy's constraint is deferrable, the target's is not.
TEST_F(conflict, values_handed_round_in_a_circle_within_a_transaction) {
  execute("INSERT INTO t VALUES (1, 10, 'x'), (2, 20, 'x'), (3, 30, 'x')");
  EXPECT_TRUE(apply(*started(), {record_builder(5)
                                     .upsert("t", key(1), row(1, "20"))
                                     .upsert("t", key(2), row(2, "30"))
                                     .upsert("t", key(3), row(3, "10"))}));
  EXPECT_EQ(table(), "1|20|x 2|30|x 3|10|x");
}

TEST_F(conflict, a_circle_keeps_the_targets_own_columns) {
  execute(
      "ALTER TABLE t ADD own text DEFAULT 'mine'; INSERT INTO t VALUES (1, 10, 'x', 'one'), (2, 20, 'x', "
      "'two')");
  auto a = started();
  EXPECT_TRUE(
      apply(*a, {record_builder(5).upsert("t", key(1), row(1, "20")).upsert("t", key(2), row(2, "10"))}));
  EXPECT_EQ(rows("SELECT id, u, own FROM t ORDER BY id"), "1|20|one 2|10|two");
}

TEST_F(conflict, what_is_not_about_a_row_halts_behind_the_last_good_record) {
  auto a = started();
  EXPECT_TRUE(apply(*a, {record_builder(1).upsert("t", key(1), row(1, "1"))}));
  execute(
      "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN IF NEW.v = 'bad' THEN RAISE "
      "insufficient_privilege;"
      " END IF; RETURN NEW; END$$; CREATE TRIGGER f BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f(); "
      "ALTER TABLE t"
      " ENABLE ALWAYS TRIGGER f");
  const std::vector<stored_record> records = {record_builder(2).upsert("t", key(2), row(2, "2", "bad"))};
  EXPECT_FALSE(apply(*a, records));
  EXPECT_EQ(table(), "1|1|x");
  EXPECT_EQ(hwm(), "1");
  EXPECT_TRUE(a->state().halted);
  EXPECT_THAT(a->state().error, HasSubstr("42501"));
  EXPECT_FALSE(apply(*a, records));
  execute("DROP TRIGGER f ON t");
  EXPECT_TRUE(apply(*started(), records));
  EXPECT_EQ(table(), "1|1|x 2|2|bad");
}

TEST_F(conflict, a_missing_table_halts_and_is_found_after_a_restart) {
  auto a = started();
  const std::vector<stored_record> records = {record_builder(1).upsert("later", key(1), image(1, "a"))};
  EXPECT_FALSE(apply(*a, records));
  EXPECT_THAT(a->state().error, HasSubstr("\"later\""));
  execute("CREATE TABLE later(id int PRIMARY KEY, v text)");
  EXPECT_TRUE(apply(*started(), records));
}

TEST_F(conflict, a_column_added_meanwhile_is_found) {
  auto a = started();
  EXPECT_TRUE(apply(*a, {record_builder(1).upsert("t", key(1), row(1, "1"))}));
  execute("ALTER TABLE t ADD w int");
  EXPECT_TRUE(apply(*a, {record_builder(2).upsert("t", key(1), R"({"id":1,"u":1,"v":"x","w":5})")}));
  EXPECT_EQ(rows("SELECT w FROM t"), "5");
  execute("ALTER TABLE t DROP v");
  EXPECT_TRUE(apply(*a, {record_builder(3).upsert("t", key(1), R"({"id":1,"u":1,"w":6})")}));
  EXPECT_FALSE(apply(*a, {record_builder(4).upsert("t", key(1), row(1, "1"))}));
  EXPECT_THAT(a->state().error, HasSubstr("lacks column \"v\""));
}

// Values read as the old type would lose digits without any error.
TEST_F(conflict, a_column_whose_type_changed_meanwhile_is_found) {
  execute("CREATE TABLE n(id int PRIMARY KEY, v numeric(6,2))");
  auto a = started();
  EXPECT_TRUE(apply(*a, {record_builder(1).upsert("n", key(1), R"({"id":1,"v":1.50})")}));
  execute("ALTER TABLE n ALTER v TYPE numeric(12,6)");
  EXPECT_TRUE(apply(*a, {record_builder(2).upsert("n", key(1), R"({"id":1,"v":1.234567})")}));
  EXPECT_EQ(rows("SELECT v FROM n"), "1.234567");
  execute("ALTER TABLE n ALTER v TYPE float4");
  EXPECT_TRUE(apply(*a, {record_builder(3).upsert("n", key(1), R"({"id":1,"v":"1.5"})")}));
  execute("DROP TABLE n; CREATE TABLE n(v float8, id int PRIMARY KEY)");
  EXPECT_TRUE(apply(*a, {record_builder(4).upsert("n", key(1), R"({"id":1,"v":"0.30000000000000004"})")}));
  EXPECT_EQ(rows("SELECT v FROM n"), "0.30000000000000004");
  EXPECT_EQ(a->state().retries, 0U);
}

TEST_F(conflict, who_lost_the_epoch_writes_nothing_more) {
  auto old = started();
  auto now = started();
  EXPECT_FALSE(apply(*old, {record_builder(1).upsert("t", key(1), row(1, "1"))}));
  EXPECT_THAT(old->state().error, HasSubstr("another pgtandem has taken over"));
  EXPECT_TRUE(old->state().halted);
  EXPECT_EQ(table(), "");
  EXPECT_TRUE(apply(*now, {record_builder(1).upsert("t", key(1), row(1, "1"))}));
}

TEST_F(conflict, a_target_that_went_back_or_lost_its_place_halts) {
  auto a = started();
  EXPECT_TRUE(apply(*a, {record_builder(5).upsert("t", key(1), row(1, "1"))}));
  execute("UPDATE pgtandem.watermark SET hwm = 3");
  EXPECT_FALSE(apply(*a, {record_builder(6).upsert("t", key(1), row(1, "2"))}));
  EXPECT_THAT(a->state().error, HasSubstr("from seq 5 to 3"));
  EXPECT_EQ(table(), "1|1|x");
  auto b = started();
  execute("DELETE FROM pgtandem.watermark");
  EXPECT_FALSE(apply(*b, {record_builder(6).upsert("t", key(1), row(1, "2"))}));
  EXPECT_THAT(b->state().error, HasSubstr("lost its watermark"));
}

}  // namespace
}  // namespace pgtandem::outbox
