#include "outbox/applier/apply_plan.h"

#include <gtest/gtest.h>

#include "outbox/applier/record_builder.h"

namespace pgtandem::outbox {
namespace {

// "-t:k k;+t:i" : steps with the keys of removals and the images of upserts; '~' marks a heal.
std::string text_of(const std::vector<apply_step>& plan) {
  std::string out;
  for (const auto& step : plan) {
    if (!out.empty()) out += ';';
    if (step.heal) out += '~';
    if (step.op == change::op::truncate) {
      out += "0" + step.table->name;
      continue;
    }
    out += (step.op == change::op::remove ? "-" : "+") + step.table->name + ":";
    for (const auto* c : step.rows) {
      if (c != step.rows.front()) out += ' ';
      out += step.op == change::op::remove ? c->key : c->image;
    }
  }
  return out;
}

std::string plan_of(const std::vector<stored_record>& records, const std::string& opaque = "") {
  return text_of(make_plan(records, [&](const change::table_name& t) { return t.name != opaque; }));
}

std::string ordered_plan_of(const std::vector<stored_record>& records, const std::string& opaque = "") {
  return text_of(make_plan_in_order(records, [&](const change::table_name& t) { return t.name != opaque; }));
}

TEST(apply_plan, the_last_change_of_a_key_wins_in_the_order_of_the_last_changes) {
  const std::vector<stored_record> records = {
      record_builder(1).upsert("t", "a", "a1").upsert("t", "b", "b1"),
      record_builder(2).upsert("t", "a", "a2").remove("t", "c"),
      record_builder(3).upsert("u", "a", "ua").remove("t", "b").upsert("t", "c", "c1"),
  };
  EXPECT_EQ(plan_of(records), "-t:b;+t:a2 c1;+u:ua");
}

TEST(apply_plan, keys_without_canonical_text_are_never_merged) {
  const std::vector<stored_record> records = {
      record_builder(1).upsert("t", "a", "a1").remove("t", "a").upsert("t", "A", "A1"),
      record_builder(2).upsert("u", "k", "u1").upsert("u", "k", "u2")};
  EXPECT_EQ(plan_of(records, "t"), "+t:a1;-t:a;+t:A1;+u:u2");
}

TEST(apply_plan, a_heal_keeps_its_place_between_clients_records) {
  const std::vector<stored_record> records = {
      record_builder(1).upsert("t", "a", "a1"), record_builder(2).upsert("t", "a", "a2"),
      record_builder(3).heal().upsert("t", "a", "a3").remove("t", "b"),
      record_builder(4).heal().upsert("t", "b", "b4"), record_builder(5).upsert("t", "b", "b5")};
  EXPECT_EQ(plan_of(records), "+t:a2;~-t:b;~+t:a3;~+t:b4;+t:b5");
}

TEST(apply_plan, in_order_what_one_statement_may_write_is_one_step) {
  const std::vector<stored_record> records = {
      record_builder(1).upsert("t", "a", "a1").upsert("t", "b", "b1").remove("u", "x"),
      record_builder(2).upsert("t", "a", "a2").upsert("t", "b", "b2"),
      record_builder(3).upsert("t", "a", "a3"), record_builder(4).heal().upsert("t", "c", "c4")};
  EXPECT_EQ(ordered_plan_of(records), "+t:a1 b1;-u:x;+t:a2 b2;+t:a3;~+t:c4");
  EXPECT_EQ(ordered_plan_of(records, "t"), "+t:a1;+t:b1;-u:x;+t:a2;+t:b2;+t:a3;~+t:c4");
}

TEST(apply_plan, changes_held_back_are_left_out) {
  const std::vector<stored_record> records = {
      record_builder(1).upsert("t", "a", "a1").upsert("t", "b", "b1").upsert("t", "a", "a2")};
  const auto canonical = [](const change::table_name&) { return true; };
  const held_back_changes held = {&records[0].record.changes[2]};
  EXPECT_EQ(text_of(make_plan(records, canonical, held)), "+t:a1 b1");
  EXPECT_EQ(text_of(make_plan_in_order(records, canonical, held)), "+t:a1 b1");
}

TEST(apply_plan, a_truncate_makes_void_what_came_before_in_its_table) {
  const std::vector<stored_record> records = {
      record_builder(1).upsert("t", "a", "a1").upsert("u", "a", "ua").remove("t", "b"),
      record_builder(2).truncate("t").upsert("t", "a", "a2").remove("t", "c")};
  EXPECT_EQ(plan_of(records), "0t;-t:c;+t:a2;+u:ua");
  EXPECT_EQ(plan_of(records, "t"), "0t;+t:a2;-t:c;+u:ua");
}

TEST(apply_plan, nothing_makes_no_step) {
  EXPECT_EQ(plan_of({}), "");
  EXPECT_EQ(plan_of({record_builder(1)}), "");
}

}  // namespace
}  // namespace pgtandem::outbox
