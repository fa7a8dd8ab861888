#include "outbox/applier/parked_keys.h"

#include <gtest/gtest.h>

#include "outbox/applier/record_builder.h"

namespace pgtandem::outbox {
namespace {

using namespace std::chrono_literals;
using clock = parked_keys::clock;

const change::table_name table{"public", "t"};
const clock::time_point start{};

void park(parked_keys& keys, const std::string& key, clock::time_point now) {
  keys.begin();
  parked_key refused;
  refused.table = table;
  refused.key = key;
  keys.park(std::move(refused));
  keys.committed(now);
}

// The images that are passed over.
std::string held(const parked_keys& keys, const std::vector<stored_record>& records, clock::time_point now) {
  std::set<parked_keys::place> tried;
  const auto held = keys.held_back(records, now, tried);
  std::string out;
  for (const auto& r : records)
    for (const auto& c : r.record.changes)
      if (held.contains(&c)) out += (out.empty() ? "" : " ") + c.image;
  return out;
}

TEST(parked_keys, images_are_passed_over_until_the_pause_is_over) {
  parked_keys keys;
  park(keys, "a", start);
  const std::vector<stored_record> records = {
      record_builder(1).upsert("t", "a", "a1").upsert("t", "b", "b1").upsert("u", "a", "ua"),
      record_builder(2).upsert("t", "a", "a2")};
  EXPECT_EQ(held(keys, records, start), "a1 a2");
  EXPECT_EQ(held(keys, records, start + parked_pause(1)), "");
}

// The attempt may free the key: an older image would then be the last.
TEST(parked_keys, behind_an_attempt_nothing_is_passed_over) {
  parked_keys keys;
  park(keys, "a", start);
  EXPECT_EQ(held(keys,
                 {record_builder(1).upsert("t", "a", "a1"), record_builder(2).heal().upsert("t", "a", "a2"),
                  record_builder(3).upsert("t", "a", "a3")},
                 start),
            "a1");
  EXPECT_EQ(held(keys, {record_builder(1).remove("t", "a").upsert("t", "a", "a2")}, start), "");
}

TEST(parked_keys, behind_a_truncate_nothing_of_its_table_is_passed_over) {
  parked_keys keys;
  park(keys, "a", start);
  park(keys, "b", start);
  EXPECT_EQ(held(keys,
                 {record_builder(1).upsert("t", "a", "a1").truncate("u").upsert("t", "b", "b1"),
                  record_builder(2).truncate("t"), record_builder(3).upsert("t", "a", "a2")},
                 start),
            "a1 b1");
}

TEST(parked_keys, a_truncate_releases_every_key_of_its_table_and_no_other) {
  parked_keys keys;
  park(keys, "a", start);
  park(keys, "b", start);
  keys.begin();
  keys.release({"public", "u"}, {0, change::op::truncate, "", ""});
  EXPECT_EQ(keys.staged_size(), 2U);
  keys.release(table, {0, change::op::truncate, "", ""});
  keys.committed(start);
  EXPECT_TRUE(keys.empty());
}

TEST(parked_keys, each_attempt_is_counted_and_doubles_the_pause) {
  parked_keys keys;
  park(keys, "a", start);
  const auto first = keys.all().at(0);
  park(keys, "a", start);
  const auto second = keys.all().at(0);
  EXPECT_EQ(second.id, first.id);
  EXPECT_EQ(second.since_unix_ms, first.since_unix_ms);
  EXPECT_EQ(second.attempts, 2U);
  EXPECT_EQ(parked_pause(2), 2 * parked_pause(1));
  EXPECT_EQ(parked_pause(100), parked_pause(99));
  EXPECT_LE(parked_pause(100), 10min);
}

TEST(parked_keys, nothing_counts_before_the_transaction_is_committed) {
  parked_keys keys;
  park(keys, "a", start);
  keys.begin();
  keys.release(table, {0, change::op::upsert, "a", "a1"});
  EXPECT_EQ(keys.changes().size(), 1U);
  EXPECT_EQ(keys.all().size(), 1U);
  keys.begin();
  EXPECT_TRUE(keys.changes().empty());
  keys.release(table, {0, change::op::upsert, "a", "a1"});
  keys.committed(start);
  EXPECT_TRUE(keys.empty());
}

}  // namespace
}  // namespace pgtandem::outbox
