#include "outbox/applier/applier_fixture.h"

namespace pgtandem::outbox {
namespace {

TEST_F(applier_test, takes_over_with_a_new_epoch_each_time) {
  EXPECT_EQ(started()->state().hwm, seq_t{0});
  EXPECT_EQ(rows("SELECT partition, hwm, epoch FROM pgtandem.watermark"), "1|0|1");
  EXPECT_TRUE(started()->state().connected);
  EXPECT_EQ(rows("SELECT partition, hwm, epoch FROM pgtandem.watermark"), "1|0|2");
  execute("INSERT INTO pgtandem.degraded VALUES (gen_random_uuid(), now(), 'x')");
}

TEST_F(applier_test, writes_rows_and_hwm_together) {
  execute("CREATE TABLE t(id int PRIMARY KEY, v text)");
  auto a = started();
  EXPECT_TRUE(
      apply(*a, {record_builder(3).upsert("t", key(1), image(1, "a")).upsert("t", key(2), image(2, "b")),
                 record_builder(7).upsert("t", key(1), image(1, "a2")).remove("t", key(2))}));
  EXPECT_EQ(rows("SELECT * FROM t"), "1|a2");
  EXPECT_EQ(hwm(), "7");
  EXPECT_EQ(a->state().hwm, seq_t{7});
  EXPECT_EQ(a->state().rows_applied, 2U);
  // Nothing to write, but the place moves on.
  EXPECT_TRUE(a->apply({}, seq_t{9}, {}));
  EXPECT_EQ(hwm(), "9");
}

TEST_F(applier_test, a_truncate_removes_every_row_but_those_of_children) {
  execute(
      "CREATE TABLE t(id int PRIMARY KEY, v text); CREATE TABLE child() INHERITS (t);"
      "CREATE TABLE referring(t int REFERENCES t);"
      "CREATE TABLE p(id int PRIMARY KEY, v text) PARTITION BY RANGE (id);"
      "CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (9);"
      "INSERT INTO t VALUES (1, 'a'), (2, 'surplus'); INSERT INTO child VALUES (3, 'its own');"
      "INSERT INTO referring VALUES (1); INSERT INTO p VALUES (1, 'a')");
  auto a = started();
  EXPECT_TRUE(apply(*a, {record_builder(1).upsert("t", key(4), image(4, "void")),
                         record_builder(2).truncate("t").upsert("t", key(1), image(1, "b")).truncate("p")}));
  EXPECT_EQ(rows("SELECT * FROM t ORDER BY id"), "1|b 3|its own");
  EXPECT_EQ(rows("SELECT * FROM p"), "");
}

TEST_F(applier_test, what_was_applied_is_skipped) {
  execute("CREATE TABLE t(id int PRIMARY KEY, v text)");
  const std::vector<stored_record> first = {record_builder(1).upsert("t", key(1), image(1, "a")),
                                            record_builder(2).upsert("t", key(2), image(2, "b"))};
  EXPECT_TRUE(apply(*started(), first));
  execute("UPDATE t SET v = 'untouched'");
  auto again = first;
  again.push_back(record_builder(3).upsert("t", key(3), image(3, "c")));
  auto a = started();
  EXPECT_EQ(a->state().hwm, seq_t{2});
  EXPECT_TRUE(apply(*a, first));
  EXPECT_TRUE(apply(*a, again));
  EXPECT_EQ(rows("SELECT * FROM t ORDER BY id"), "1|untouched 2|untouched 3|c");
}

TEST_F(applier_test, fills_every_kind_of_column) {
  execute(
      R"(CREATE TABLE t(own text DEFAULT 'mine', id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, j json, b jsonb,
             g int GENERATED ALWAYS AS (id * 2) STORED, l int[], n numeric);
             CREATE TABLE k(id int, "K 2" text, PRIMARY KEY (id, "K 2"));)");
  const std::string row =
      R"({"id":7,"j":null,"b":null,"g":14,"l":null,"n":1.50,"j":"null","b":"{\"a\": 1.0}","l":"[0:1]={1,2}"})";
  EXPECT_TRUE(
      apply(*started(), {record_builder(1)
                             .upsert("t", key(7), row)
                             .upsert("k", R"({"id":1,"K 2":"x"})", R"({"id":1,"K 2":"x"})"),
                         record_builder(2).upsert("k", R"({"id":1,"K 2":"x"})", R"({"id":1,"K 2":"x"})")}));
  EXPECT_EQ(rows("SELECT own, id, j, b, g, l, n FROM t"), R"(mine|7|null|{"a": 1.0}|14|[0:1]={1,2}|1.50)");
  EXPECT_EQ(rows("SELECT * FROM k"), "1|x");
}

TEST_F(applier_test, keeps_the_targets_own_columns) {
  execute("CREATE TABLE t(id int PRIMARY KEY, v text, own text DEFAULT 'mine')");
  auto a = started();
  EXPECT_TRUE(apply(*a, {record_builder(1).upsert("t", key(1), image(1, "a"))}));
  execute("UPDATE t SET own = 'changed'");
  EXPECT_TRUE(apply(*a, {record_builder(2).upsert("t", key(1), image(1, "b"))}));
  EXPECT_EQ(rows("SELECT * FROM t"), "1|b|changed");
}

TEST_F(applier_test, writes_partitions_through_their_root_and_children_not_at_all) {
  execute(R"(CREATE TABLE p(id int PRIMARY KEY, v text) PARTITION BY RANGE (id);
             CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10);
             CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (10) TO (20);
             CREATE TABLE parent(id int PRIMARY KEY, v text); CREATE TABLE child(PRIMARY KEY (id)) INHERITS (parent);
             INSERT INTO parent VALUES (1, 'p'); INSERT INTO child VALUES (1, 'c');)");
  auto a = started();
  EXPECT_TRUE(
      apply(*a, {record_builder(1).upsert("p", key(1), image(1, "a")).upsert("p", key(11), image(11, "b")),
                 record_builder(2).remove("p", key(1)).remove("parent", key(1))}));
  EXPECT_EQ(rows("SELECT tableoid::regclass, id FROM p"), "p2|11");
  EXPECT_EQ(rows("SELECT tableoid::regclass, id FROM parent"), "child|1");
}

TEST_F(applier_test, equal_keys_of_different_text_are_one_row) {
  execute(
      R"(CREATE EXTENSION citext; CREATE TABLE c(id citext PRIMARY KEY, v int); CREATE TABLE n(id numeric PRIMARY KEY);
             CREATE TABLE f(id float8 PRIMARY KEY, v int);)");
  auto a = started();
  EXPECT_TRUE(apply(*a, {record_builder(1)
                             .upsert("c", R"({"id":"Ab"})", R"({"id":"Ab","v":1})")
                             .upsert("c", R"({"id":"aB"})", R"({"id":"aB","v":2})")
                             .upsert("c", R"({"id":"x"})", R"({"id":"x","v":3})")
                             .remove("c", R"({"id":"X"})")
                             .upsert("n", R"({"id":1})", R"({"id":1.0})")
                             .upsert("f", R"({"id":"0"})", R"({"id":"0","v":1})")
                             .upsert("f", R"({"id":"-0"})", R"({"id":"-0","v":2})"),
                         record_builder(2).upsert("n", R"({"id":1})", R"({"id":1.00})")}));
  EXPECT_EQ(rows("SELECT * FROM c"), "aB|2");
  EXPECT_EQ(rows("SELECT * FROM n"), "1.00");
  EXPECT_EQ(rows("SELECT * FROM f"), "-0|2");
}

TEST_F(applier_test, a_heal_rewrites_only_rows_that_differ) {
  execute(
      "CREATE TABLE t(id int PRIMARY KEY, v text, j json); INSERT INTO t VALUES (1, 'a', '{}'), (2, 'b', "
      "'{}'), (3, NULL, NULL)");
  const auto before = rows("SELECT ctid FROM t ORDER BY id");
  const auto image3 = [](int id, const std::string& v, const std::string& j) {
    return fmt::format(R"({{"id":{},"v":{},"j":{}}})", id, v, j);
  };
  auto a = started();
  EXPECT_TRUE(apply(*a, {record_builder(1)
                             .heal()
                             .upsert("t", key(1), image3(1, "\"a\"", R"("{}")"))
                             .upsert("t", key(3), image3(3, "null", "null"))}));
  EXPECT_EQ(rows("SELECT ctid FROM t ORDER BY id"), before);
  EXPECT_TRUE(apply(*a, {record_builder(2)
                             .heal()
                             .upsert("t", key(1), image3(1, "\"a\"", R"("{ }")"))
                             .upsert("t", key(3), image3(3, "\"\"", "null"))
                             .remove("t", key(2))}));
  EXPECT_EQ(rows("SELECT * FROM t ORDER BY id"), "1|a|{ } 3||NULL");
}

TEST_F(applier_test, a_heal_takes_effect_at_its_place) {
  execute("CREATE TABLE t(id int PRIMARY KEY, v text); INSERT INTO t VALUES (1, 'stale'), (2, 'stale')");
  EXPECT_TRUE(apply(
      *started(),
      {record_builder(1).upsert("t", key(1), image(1, "before")).upsert("t", key(2), image(2, "before")),
       record_builder(2)
           .heal()
           .upsert("t", key(1), image(1, "healed"))
           .upsert("t", key(2), image(2, "healed")),
       record_builder(3).upsert("t", key(2), image(2, "after"))}));
  EXPECT_EQ(rows("SELECT * FROM t ORDER BY id"), "1|healed 2|after");
}

TEST_F(applier_test, the_targets_triggers_and_foreign_keys_stay_silent) {
  execute(
      R"(CREATE TABLE parent(id int PRIMARY KEY); CREATE TABLE t(id int PRIMARY KEY REFERENCES parent, v text);
             CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.v := ''fired''; RETURN NEW; END';
             CREATE TRIGGER x BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f();)");
  EXPECT_TRUE(apply(*started(), {record_builder(1).upsert("t", key(1), image(1, "a"))}));
  EXPECT_EQ(rows("SELECT * FROM t"), "1|a");
}

TEST_F(applier_test, session_defaults_of_the_role_do_not_matter) {
  execute(fmt::format(R"(CREATE TABLE t(id int PRIMARY KEY, v text, at timestamptz, d date);
                         ALTER DATABASE {0} SET DateStyle = 'SQL, DMY'; ALTER DATABASE {0} SET TimeZone = 'Asia/Kolkata';
                         ALTER DATABASE {0} SET default_transaction_read_only = on; ALTER DATABASE {0} SET search_path = '';
                         ALTER DATABASE {0} SET statement_timeout = '1ms'; ALTER DATABASE {0} SET synchronous_commit = off;)",
                      database_));
  auto a = started();
  EXPECT_TRUE(
      apply(*a, {record_builder(1).upsert(
                    "t", key(1), R"({"id":1,"v":"a","at":"2024-01-02T03:04:05 +00","d":"2024-02-01"})")}));
  EXPECT_EQ(rows("SET statement_timeout = 0; SELECT id, v, at AT TIME ZONE 'UTC' = '2024-01-02 03:04:05', "
                 "extract(month FROM d) FROM public.t"),
            "1|a|t|2");
}

TEST_F(applier_test, a_row_larger_than_a_statement_usually_gets) {
  execute("CREATE TABLE t(id int PRIMARY KEY, v text)");
  const std::string large(70U << 20U, 'x');
  EXPECT_TRUE(
      apply(*started(),
            {record_builder(1).upsert("t", key(1), image(1, large)).upsert("t", key(2), image(2, "b"))}));
  EXPECT_EQ(rows("SELECT id, length(v) FROM t ORDER BY id"), fmt::format("1|{} 2|1", large.size()));
}

}  // namespace
}  // namespace pgtandem::outbox
