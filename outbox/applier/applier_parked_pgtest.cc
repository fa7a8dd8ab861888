// Rows that the target refuses: parked with the hwm, everything else goes on, and nothing is applied out of
// order.
#include <gmock/gmock.h>

#include "outbox/applier/applier_fixture.h"

namespace pgtandem::outbox {
namespace {

using testing::HasSubstr;

class parking : public applier_test {
 protected:
  parking() {
    execute(
        "CREATE TABLE t(id int PRIMARY KEY, u int UNIQUE, v varchar(5) CONSTRAINT good CHECK (v <> 'bad'))");
  }
  static std::string row(int id, const std::string& u, const std::string& v = "x") {
    return fmt::format(R"({{"id":{},"u":{},"v":"{}"}})", id, u, v);
  }
  std::string table() { return rows("SELECT id, u, v FROM t ORDER BY id"); }
  std::string parked() {
    return rows(
        "SELECT table_name, key::json ->> 'id', seq, sqlstate, attempts FROM pgtandem.parked ORDER BY id");
  }
};

TEST_F(parking, a_row_that_is_refused_is_parked_and_everything_else_goes_on) {
  auto a = started();
  EXPECT_TRUE(apply(*a, {record_builder(1).upsert("t", key(1), row(1, "1")),
                         record_builder(2)
                             .upsert("t", key(2), row(2, "2"))
                             .upsert("t", key(3), row(3, "3", "bad"))
                             .upsert("t", key(4), row(4, "4", "much too long")),
                         record_builder(3).upsert("t", key(5), row(5, "5"))}));
  EXPECT_EQ(table(), "1|1|x 2|2|x 5|5|x");
  EXPECT_EQ(hwm(), "3");
  EXPECT_EQ(parked(), "t|3|2|23514|1 t|4|2|22001|1");
  EXPECT_FALSE(a->state().halted);
  const auto all = a->parked();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].key, key(3));
  EXPECT_THAT(all[0].reason, HasSubstr("good"));
  EXPECT_GT(all[0].since_unix_ms, 0);
}

TEST_F(parking, among_many_rows_only_the_refused_ones_are_parked) {
  std::vector<stored_record> records;
  for (int id = 1; id <= 500; ++id) {
    records.push_back(record_builder(static_cast<std::uint64_t>(id))
                          .upsert("t", key(id), row(id, std::to_string(id), id % 100 == 7 ? "bad" : "x")));
  }
  EXPECT_TRUE(apply(*started(), records));
  EXPECT_EQ(rows("SELECT count(*), count(*) FILTER (WHERE v = 'x') FROM t"), "495|495");
  EXPECT_EQ(rows("SELECT count(*), min(seq), max(seq) FROM pgtandem.parked"), "5|7|407");
}

// An image that comes later may be one that the target takes: but nobody tries every time.
TEST_F(parking, images_of_a_parked_key_are_passed_over_until_a_heal_frees_it) {
  auto a = started();
  EXPECT_TRUE(apply(*a, {record_builder(1).upsert("t", key(1), row(1, "1", "bad"))}));
  EXPECT_TRUE(apply(*a, {record_builder(2).upsert("t", key(1), row(1, "1", "pass"))}));
  EXPECT_EQ(table(), "");
  EXPECT_TRUE(apply(*a, {record_builder(3).heal().upsert("t", key(1), row(1, "1", "bad"))}));
  EXPECT_EQ(parked(), "t|1|1|23514|2");
  EXPECT_TRUE(apply(*a, {record_builder(4).heal().upsert("t", key(1), row(1, "1", "heal")),
                         record_builder(5).upsert("t", key(1), row(1, "1", "newer"))}));
  EXPECT_EQ(table(), "1|1|newer");
  EXPECT_EQ(parked(), "");
  EXPECT_TRUE(a->parked().empty());
}

TEST_F(parking, a_removal_frees_a_parked_key) {
  auto a = started();
  EXPECT_TRUE(apply(*a, {record_builder(1).upsert("t", key(1), row(1, "1", "bad"))}));
  EXPECT_TRUE(apply(*a, {record_builder(2).remove("t", key(1)).upsert("t", key(1), row(1, "1", "again"))}));
  EXPECT_EQ(table(), "1|1|again");
  EXPECT_EQ(parked(), "");
}

TEST_F(parking, a_truncate_frees_every_parked_key_of_its_table) {
  execute("CREATE TABLE o(id int PRIMARY KEY, v text CHECK (v <> 'bad'))");
  auto a = started();
  EXPECT_TRUE(apply(*a, {record_builder(1)
                             .upsert("t", key(1), row(1, "1", "bad"))
                             .upsert("t", key(2), row(2, "2", "bad"))
                             .upsert("o", key(3), image(3, "bad"))}));
  EXPECT_TRUE(apply(*a, {record_builder(2).upsert("t", key(1), row(1, "1", "pass")).truncate("t"),
                         record_builder(3).upsert("t", key(2), row(2, "9", "newer"))}));
  EXPECT_EQ(table(), "2|9|newer");
  EXPECT_EQ(parked(), "o|3|1|23514|1");
}

// The run is written again row by row: what a truncate leaves behind is not looked at as it was before.
TEST_F(parking, a_truncate_among_refused_rows_keeps_its_place) {
  execute("INSERT INTO t VALUES (7, 70, 'old'), (8, 80, 'old')");
  EXPECT_TRUE(apply(*started(), {record_builder(1)
                                     .upsert("t", key(1), row(1, "1", "bad"))
                                     .upsert("t", key(2), row(2, "2"))
                                     .truncate("t")
                                     .upsert("t", key(3), row(3, "70"))
                                     .upsert("t", key(4), row(4, "4", "bad"))}));
  EXPECT_EQ(table(), "3|70|x");
  EXPECT_EQ(parked(), "t|4|1|23514|1");
}

TEST_F(parking, a_truncate_that_the_target_refuses_is_waited_for) {
  execute(
      "INSERT INTO t VALUES (1, 1, 'old');"
      "CREATE FUNCTION never() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'never'; END $$;"
      "CREATE TRIGGER never BEFORE DELETE ON t FOR EACH ROW EXECUTE FUNCTION never();"
      "ALTER TABLE t ENABLE ALWAYS TRIGGER never");
  auto a = started();
  const std::vector<stored_record> records = {
      record_builder(1).upsert("t", key(2), row(2, "2")).truncate("t")};
  EXPECT_FALSE(apply(*a, records));
  EXPECT_THAT(a->state().error, HasSubstr("refuses to have all rows removed"));
  EXPECT_EQ(parked(), "");
  execute("DROP TRIGGER never ON t");
  EXPECT_TRUE(apply(*a, records));
  EXPECT_EQ(table(), "");
}

TEST_F(parking, who_comes_next_knows_what_is_parked) {
  EXPECT_TRUE(apply(*started(), {record_builder(1).upsert("t", key(1), row(1, "1", "bad"))}));
  auto next = started();
  EXPECT_EQ(next->parked().size(), 1U);
  EXPECT_TRUE(apply(*next, {record_builder(2).upsert("t", key(1), row(1, "1", "pass"))}));
  EXPECT_EQ(table(), "");
  EXPECT_TRUE(apply(*next, {record_builder(3).heal().upsert("t", key(1), row(1, "1", "heal"))}));
  EXPECT_EQ(parked(), "");
}

// Rows, hwm and what is parked are one transaction: a replay of what was applied parks nothing twice.
TEST_F(parking, a_replay_changes_nothing) {
  const std::vector<stored_record> records = {record_builder(1).upsert("t", key(1), row(1, "1", "bad")),
                                              record_builder(2).upsert("t", key(2), row(2, "2"))};
  EXPECT_TRUE(apply(*started(), records));
  const auto before = rows("SELECT * FROM pgtandem.parked");
  EXPECT_TRUE(apply(*started(), records));
  EXPECT_EQ(rows("SELECT * FROM pgtandem.parked"), before);
}

TEST_F(parking, a_row_kept_out_by_another_says_which_and_both_settle_by_one_heal) {
  execute("INSERT INTO t VALUES (99, 10, 'stale')");
  auto a = started();
  EXPECT_TRUE(apply(*a, {record_builder(1).upsert("t", key(1), row(1, "10"))}));
  EXPECT_EQ(parked(), "t|1|1|23505|1");
  EXPECT_EQ(a->parked().at(0).in_the_way, key(99));
  EXPECT_TRUE(apply(*a, {record_builder(2).heal().upsert("t", key(1), row(1, "10")).remove("t", key(99))}));
  EXPECT_EQ(table(), "1|10|x");
  EXPECT_EQ(parked(), "");
}

TEST_F(parking, by_an_expression_or_an_exclusion_too) {
  execute(
      "CREATE TABLE e(id int PRIMARY KEY, r int4range, v text, EXCLUDE USING gist (r WITH &&));"
      "CREATE UNIQUE INDEX ON e (lower(v)) WHERE id > 0;"
      "INSERT INTO e VALUES (5, '[1,5)', 'Anna'), (6, '[10,15)', 'Bert')");
  auto a = started();
  EXPECT_TRUE(apply(*a, {record_builder(1)
                             .upsert("e", key(1), R"j({"id":1,"r":"[3,4)","v":"x"})j")
                             .upsert("e", key(2), R"({"id":2,"r":"empty","v":"BERT"})")}));
  ASSERT_EQ(a->parked().size(), 2U);
  EXPECT_EQ(a->parked()[0].in_the_way, key(5));
  EXPECT_EQ(a->parked()[1].in_the_way, key(6));
}

// Only the rows that stand in each other's way are removed and written again.
TEST_F(parking, rows_that_hand_values_round_in_a_heal_keep_the_targets_own_columns) {
  execute(
      "ALTER TABLE t ADD own numeric(9,2) NOT NULL DEFAULT 7; ALTER TABLE t ADD more text; INSERT INTO t "
      "SELECT i, i * "
      "10, 'x', i + 0.5, CASE WHEN i % 2 = 0 THEN 'm' END FROM generate_series(1, 300) i");
  record_builder heal(1);
  heal.heal();
  for (int id = 1; id <= 300; ++id) {
    const int u = id >= 100 && id < 103 ? (id == 102 ? 1000 : (id + 1) * 10) : id * 10;
    heal.upsert("t", key(id), row(id, std::to_string(u)));
  }
  const auto before = rows("SELECT sum(xmin::text::bigint) FROM t WHERE id NOT BETWEEN 100 AND 102");
  EXPECT_TRUE(apply(*started(), {heal}));
  EXPECT_EQ(rows("SELECT id, u, own, more FROM t WHERE id BETWEEN 100 AND 102 ORDER BY id"),
            "100|1010|100.50|m 101|1020|101.50|NULL 102|1000|102.50|m");
  EXPECT_EQ(rows("SELECT count(*) FROM t"), "300");
  EXPECT_EQ(rows("SELECT sum(xmin::text::bigint) FROM t WHERE id NOT BETWEEN 100 AND 102"), before);
  EXPECT_EQ(parked(), "");
}

TEST_F(parking, more_than_can_be_rows_trouble_halts_and_parks_nothing) {
  record_builder all(1);
  for (int id = 1; id <= static_cast<int>(most_parked_keys) + 1; ++id)
    all.upsert("t", key(id), row(id, "null", "bad"));
  auto a = started();
  EXPECT_FALSE(apply(*a, {all}));
  EXPECT_TRUE(a->state().halted);
  EXPECT_THAT(a->state().error, HasSubstr("\"public\".\"t\""));
  EXPECT_EQ(hwm(), "0");
  EXPECT_EQ(parked(), "");
}

}  // namespace
}  // namespace pgtandem::outbox
