#include "outbox/applier/row_statements.h"

#include <gtest/gtest.h>

#include "outbox/applier/record_builder.h"

namespace pgtandem::outbox {
namespace {

catalog::relation table() {
  catalog::relation r;
  r.name = {"public", "t"};
  for (const char* name : {"id", "v", "own", "g"}) {
    catalog::column c;
    c.name = name;
    c.type = "integer";
    c.generated = c.name == "g";
    r.columns.push_back(c);
  }
  r.key = {catalog::key_column{}};
  return r;
}

apply_step step_of(const stored_record& record) {
  static const change::table_name name{"public", "t"};
  apply_step step{&name, record.record.changes.front().op, false, {}};
  for (const auto& c : record.record.changes) step.rows.push_back(&c);
  return step;
}

TEST(row_statements, an_upsert_leaves_generated_and_own_columns_alone) {
  const stored_record r = record_builder(1).upsert("t", "", R"({"id":1,"v":2,"g":3})");
  const auto s = make_statements(table(), step_of(r));
  ASSERT_EQ(s.size(), 1U);
  EXPECT_EQ(s[0].sql,
            R"(INSERT INTO "public"."t" AS t ("id", "v") OVERRIDING SYSTEM VALUE SELECT r."id", r."v" )"
            R"(FROM json_to_recordset($1::json) AS r("id" integer, "v" integer) )"
            R"(ON CONFLICT ("id") DO UPDATE SET "v" = EXCLUDED."v")");
  EXPECT_EQ(s[0].rows, R"([{"id":1,"v":2,"g":3}])");
}

TEST(row_statements, a_table_of_key_columns_has_nothing_to_update) {
  const stored_record r = record_builder(1).upsert("t", "", R"({"id":1})");
  EXPECT_TRUE(make_statements(table(), step_of(r))[0].sql.ends_with("DO NOTHING"));
}

TEST(row_statements, a_key_that_may_be_spelt_differently_is_written_too) {
  auto t = table();
  t.key[0].form = catalog::key_form::numeric;
  const stored_record r = record_builder(1).upsert("t", "", R"({"id":1.00})");
  EXPECT_TRUE(make_statements(t, step_of(r))[0].sql.ends_with(R"(DO UPDATE SET "id" = EXCLUDED."id")"));
}

TEST(row_statements, a_heal_writes_only_what_differs) {
  const stored_record r = record_builder(1).upsert("t", "", R"({"id":1,"v":2})");
  auto step = step_of(r);
  step.heal = true;
  EXPECT_TRUE(make_statements(table(), step)[0].sql.ends_with(
      R"(WHERE CAST(t."v" AS text) COLLATE "C" IS DISTINCT FROM CAST(EXCLUDED."v" AS text) COLLATE "C")"));
}

TEST(row_statements, a_removal_uses_the_indexs_own_equality) {
  auto t = table();
  t.key[0].equality = "OPERATOR(\"ext\".=)";
  const stored_record r = record_builder(1).remove("t", R"({"id":1})").remove("t", R"({"id":2})");
  const auto s = make_statements(t, step_of(r));
  ASSERT_EQ(s.size(), 1U);
  EXPECT_EQ(s[0].sql,
            R"(DELETE FROM ONLY "public"."t" AS t USING json_to_recordset($1::json) AS r("id" integer) )"
            R"(WHERE t."id" OPERATOR("ext".=) r."id")");
  EXPECT_EQ(s[0].rows, R"([{"id":1},{"id":2}])");
}

TEST(row_statements, are_split_by_size_and_by_shape) {
  const stored_record r = record_builder(1)
                              .upsert("t", "", R"({"id":1,"v":1})")
                              .upsert("t", "", R"({"id":2,"v":2})")
                              .upsert("t", "", R"({"id":3,"v":3})")
                              .upsert("t", "", R"({"id":4})");
  const auto s = make_statements(table(), step_of(r), 35);
  ASSERT_EQ(s.size(), 3U);
  EXPECT_EQ(s[0].rows, R"([{"id":1,"v":1},{"id":2,"v":2}])");
  EXPECT_EQ(s[1].rows, R"([{"id":3,"v":3}])");
  EXPECT_EQ(s[1].sql, s[0].sql);
  EXPECT_EQ(s[2].rows, R"([{"id":4}])");
  EXPECT_NE(s[2].sql, s[0].sql);
}

// Otherwise the recordset would drop the column, and nobody would know.
TEST(row_statements, a_column_that_the_target_lacks_is_a_mismatch) {
  const stored_record r = record_builder(1).upsert("t", "", R"({"id":1,"n\u0065w":2})");
  try {
    (void)make_statements(table(), step_of(r));
    FAIL();
  } catch (const table_mismatch& e) {
    EXPECT_NE(std::string(e.what()).find("\"new\""), std::string::npos) << e.what();
  }
}

TEST(row_statements, another_key_is_a_mismatch) {
  const stored_record other = record_builder(1).remove("t", R"({"v":1})");
  const stored_record wider = record_builder(1).remove("t", R"({"id":1,"v":1})");
  const stored_record keyless = record_builder(1).upsert("t", "", R"({"v":1})");
  for (const auto* r : {&other, &wider, &keyless})
    EXPECT_THROW((void)make_statements(table(), step_of(*r)), table_mismatch);
  auto t = table();
  t.key.clear();
  EXPECT_THROW((void)make_statements(t, step_of(other)), table_mismatch);
}

TEST(row_statements, a_row_that_makes_room_takes_the_targets_own_columns_with_it) {
  const auto gone = make_removal(table(), R"({"id":1})", R"({"id":1,"v":2})");
  EXPECT_TRUE(gone.sql.ends_with(R"(RETURNING CAST(t."own" AS text))")) << gone.sql;
  EXPECT_EQ(gone.rows, R"([{"id":1}])");
  const auto back = make_restoration(table(), R"({"id":1,"v":2})", {"mine"});
  EXPECT_TRUE(
      back.sql.starts_with(R"(INSERT INTO "public"."t" AS t ("id", "v", "own") OVERRIDING SYSTEM VALUE )"
                           R"(SELECT r."id", r."v", CAST($2::text AS integer) FROM)"))
      << back.sql;
  EXPECT_EQ(back.own, (std::vector<std::optional<std::string>>{"mine"}));
  EXPECT_EQ(make_removal(table(), R"({"id":1})", R"({"id":1,"v":2,"own":3})").sql.find("RETURNING"),
            std::string::npos);
}

}  // namespace
}  // namespace pgtandem::outbox
