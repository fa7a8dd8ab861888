#include "outbox/applier/apply_plan.h"

#include <gtest/gtest.h>

#include "outbox/applier/record_builder.h"

namespace pgtandem::outbox {
namespace {

// "-t:k k;+t:i" : steps with the keys of removals and the images of upserts; '~' marks a heal.
std::string plan_of(const std::vector<stored_record>& records, granularity how,
                    const std::string& opaque = "") {
  std::string out;
  const auto canonical = [&](const change::table_name& t) { return t.name != opaque; };
  for (const auto& step : make_plan(records, canonical, how)) {
    if (!out.empty()) out += ';';
    if (step.heal) out += '~';
    out += (step.op == change::op::remove ? "-" : "+") + step.table->name + ":";
    for (const auto* c : step.rows) {
      if (c != step.rows.front()) out += ' ';
      out += step.op == change::op::remove ? c->key : c->image;
    }
  }
  return out;
}

TEST(apply_plan, the_last_change_of_a_key_wins_in_the_order_of_the_last_changes) {
  const std::vector<stored_record> records = {
      record_builder(1).upsert("t", "a", "a1").upsert("t", "b", "b1"),
      record_builder(2).upsert("t", "a", "a2").remove("t", "c"),
      record_builder(3).upsert("u", "a", "ua").remove("t", "b").upsert("t", "c", "c1"),
  };
  EXPECT_EQ(plan_of(records, granularity::coalesced), "-t:b;+t:a2 c1;+u:ua");
}

TEST(apply_plan, keys_without_canonical_text_are_never_merged) {
  const std::vector<stored_record> records = {
      record_builder(1).upsert("t", "a", "a1").remove("t", "a").upsert("t", "A", "A1"),
      record_builder(2).upsert("u", "k", "u1").upsert("u", "k", "u2")};
  EXPECT_EQ(plan_of(records, granularity::coalesced, "t"), "+t:a1;-t:a;+t:A1;+u:u2");
}

TEST(apply_plan, a_heal_keeps_its_place_between_clients_records) {
  const std::vector<stored_record> records = {
      record_builder(1).upsert("t", "a", "a1"), record_builder(2).upsert("t", "a", "a2"),
      record_builder(3).heal().upsert("t", "a", "a3").remove("t", "b"),
      record_builder(4).heal().upsert("t", "b", "b4"), record_builder(5).upsert("t", "b", "b5")};
  EXPECT_EQ(plan_of(records, granularity::coalesced), "+t:a2;~-t:b;~+t:a3;~+t:b4;+t:b5");
}

TEST(apply_plan, in_order_is_one_step_per_change) {
  const std::vector<stored_record> records = {
      record_builder(1).upsert("t", "a", "a1").remove("u", "x").upsert("t", "a", "a2")};
  EXPECT_EQ(plan_of(records, granularity::in_order), "+t:a1;-u:x;+t:a2");
}

TEST(apply_plan, replacing_removes_every_key_first) {
  const std::vector<stored_record> records = {
      record_builder(1).upsert("t", "a", "a1").upsert("t", "b", "b1").upsert("t", "a", "a2")};
  EXPECT_EQ(plan_of(records, granularity::replaced), "-t:b;-t:a;+t:b1 a2");
  EXPECT_EQ(plan_of(records, granularity::replaced, "t"), "-t:a;-t:b;-t:a;+t:a1;+t:b1;+t:a2");
}

TEST(apply_plan, nothing_makes_no_step) {
  EXPECT_EQ(plan_of({}, granularity::coalesced), "");
  EXPECT_EQ(plan_of({record_builder(1)}, granularity::coalesced), "");
}

}  // namespace
}  // namespace pgtandem::outbox
