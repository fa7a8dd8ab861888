#include "proxy/daemon/prepared_names.h"

#include <gtest/gtest.h>

namespace pgtandem::proxy {
namespace {

running_transactions running(transaction_ids in_sessions, transaction_ids prepared) {
  return {.in_sessions = std::move(in_sessions), .prepared = std::move(prepared), .locked_by_prepared = {}};
}

TEST(prepared_names, are_known_until_their_transactions_have_ended) {
  prepared_names names;
  names.add("g", xid_t{(std::uint64_t{5} << 32) + 7}, false);
  EXPECT_TRUE(names.contains("g"));
  EXPECT_FALSE(names.contains("h"));
  names.forget_ended(names.all(), running({"7"}, {}));
  names.forget_ended(names.all(), running({}, {"7"}));
  EXPECT_TRUE(names.contains("g"));
  names.forget_ended(names.all(), running({"8"}, {"9"}));
  EXPECT_FALSE(names.contains("g"));
}

TEST(prepared_names, a_look_says_nothing_of_those_that_came_behind_it) {
  prepared_names names;
  const auto before = names.all();
  names.add("g", xid_t{7}, false);
  names.forget_ended(before, running({}, {}));
  EXPECT_TRUE(names.contains("g"));
}

TEST(prepared_names, one_that_fails_to_be_prepared_does_not_take_the_name_from_another) {
  prepared_names names;
  names.add("g", xid_t{7}, false);
  names.add("g", xid_t{8}, false);
  names.forget_ended(names.all(), running({}, {"7"}));
  EXPECT_TRUE(names.contains("g"));
}

TEST(prepared_names, of_an_unknown_one_nobody_knows_what_it_defines) {
  prepared_names names;
  names.add("g", xid_t{7}, false);
  names.add("h", xid_t{8}, true);
  EXPECT_FALSE(names.may_define("g"));
  EXPECT_TRUE(names.may_define("h"));
  EXPECT_TRUE(names.may_define("i"));
  names.add("g", xid_t{9}, true);
  EXPECT_TRUE(names.may_define("g"));
}

}  // namespace
}  // namespace pgtandem::proxy
