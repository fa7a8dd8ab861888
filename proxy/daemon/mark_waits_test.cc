#include "proxy/daemon/mark_waits.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pgtandem::proxy {
namespace {

using outbox::mark_id;
using testing::ElementsAre;
using testing::IsEmpty;

const change::table_name item{"public", "item"};
const change::table_name other{"public", "other"};
const mark_waits::tables open{{mark_id{1}, item}, {mark_id{2}, other}, {mark_id{3}, item}};

running_transactions in_sessions(transaction_ids ids) {
  return {.in_sessions = std::move(ids), .prepared = {}, .locked_by_prepared = {}};
}

running_transactions prepared(const std::string& id, const change::table_name& table) {
  return {.in_sessions = {}, .prepared = {id}, .locked_by_prepared = {{table, {id}}}};
}

TEST(mark_waits, wait_for_the_transactions_of_the_first_look_alone) {
  mark_waits waits;
  waits.for_present({mark_id{1}, mark_id{2}});
  EXPECT_THAT(waits.look(in_sessions({"7", "8"}), open), IsEmpty());
  EXPECT_THAT(waits.look(in_sessions({"8", "9"}), open), IsEmpty());
  EXPECT_THAT(waits.look(in_sessions({"9"}), open), ElementsAre(mark_id{1}, mark_id{2}));
  EXPECT_TRUE(waits.empty());
}

TEST(mark_waits, do_not_wait_where_nothing_runs) {
  mark_waits waits;
  waits.for_present({mark_id{1}});
  waits.for_prepared({mark_id{2}});
  EXPECT_THAT(waits.look({}, open), ElementsAre(mark_id{1}, mark_id{2}));
}

TEST(mark_waits, only_tables_that_a_prepared_transaction_has_written_wait_for_it) {
  mark_waits waits;
  waits.for_present({mark_id{1}, mark_id{2}});
  EXPECT_THAT(waits.look(prepared("7", item), open), ElementsAre(mark_id{2}));
  EXPECT_THAT(waits.look(prepared("7", item), open), IsEmpty());
  EXPECT_THAT(waits.look({}, open), ElementsAre(mark_id{1}));
}

TEST(mark_waits, follow_a_transaction_from_its_session_to_its_end) {
  mark_waits waits;
  waits.for_transaction({mark_id{1}}, xid_t{(std::uint64_t{5} << 32) + 7});
  EXPECT_THAT(waits.look(in_sessions({"7"}), open), IsEmpty());
  EXPECT_THAT(waits.look(prepared("7", item), open), IsEmpty());
  EXPECT_THAT(waits.look(in_sessions({"8"}), open), ElementsAre(mark_id{1}));
}

TEST(mark_waits, that_ran_when_it_was_looked_and_was_prepared_then) {
  mark_waits waits;
  waits.for_present({mark_id{1}});
  EXPECT_THAT(waits.look(in_sessions({"7"}), open), IsEmpty());
  EXPECT_THAT(waits.look(prepared("7", item), open), IsEmpty());
  EXPECT_THAT(waits.look({}, open), ElementsAre(mark_id{1}));
}

TEST(mark_waits, one_mark_of_a_table_stands_for_the_others) {
  mark_waits waits;
  waits.for_transaction({mark_id{1}}, xid_t{7});
  waits.for_prepared({mark_id{3}});
  EXPECT_THAT(waits.look(prepared("7", item), open), ElementsAre(mark_id{3}));
  // A second transaction, and nobody waits for it yet.
  running_transactions two = prepared("7", item);
  two.prepared.insert("8");
  two.locked_by_prepared[item].insert("8");
  waits.for_prepared({mark_id{3}});
  EXPECT_THAT(waits.look(two, open), IsEmpty());
  EXPECT_THAT(waits.look(prepared("8", item), open), ElementsAre(mark_id{1}));
  EXPECT_THAT(waits.look({}, open), ElementsAre(mark_id{3}));
}

TEST(mark_waits, a_mark_of_another_table_stands_for_nothing_here) {
  mark_waits waits;
  waits.for_transaction({mark_id{2}}, xid_t{7});
  waits.for_prepared({mark_id{1}});
  EXPECT_THAT(waits.look(prepared("7", item), open), IsEmpty());
  EXPECT_THAT(waits.look({}, open), ElementsAre(mark_id{2}, mark_id{1}));
}

}  // namespace
}  // namespace pgtandem::proxy
