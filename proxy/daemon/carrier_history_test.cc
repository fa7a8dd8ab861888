#include "proxy/daemon/carrier_history.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pgtandem::proxy {
namespace {

using catalog::carrier;
using catalog::carriers;
using sort = carrier::sort;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

const change::table_name a{"public", "a"};
const change::table_name b{"public", "b"};
const carrier trigger_on_a{sort::trigger, a, {}, "trigger t on public.a", 100};
const carrier other_on_a{sort::trigger, a, {}, "trigger u on public.a", 101};
const carrier deferred_on_a{sort::deferred_trigger, a, {}, "deferrable trigger d on public.a", 102};
const carrier key_of_b{sort::foreign_key, a, b, "foreign key f of public.b to public.a", 103};

bool nobody(std::uint32_t) {
  return false;
}

class carrier_history_test : public ::testing::Test {
 protected:
  carrier_history history;
};

TEST_F(carrier_history_test, what_a_new_log_meets_was_there) {
  EXPECT_THAT(history.compare({trigger_on_a}, nobody).texts, IsEmpty());
  EXPECT_TRUE(history.adopt({trigger_on_a}));
  EXPECT_THAT(history.compare({trigger_on_a}, nobody).texts, IsEmpty());
}

TEST_F(carrier_history_test, what_nobody_told_of_is_news_until_it_is_adopted) {
  history.adopt({});
  const auto news = history.compare({trigger_on_a}, nobody);
  EXPECT_TRUE(news.everything);
  EXPECT_THAT(news.texts, ElementsAre(trigger_on_a.text));
  history.adopt({trigger_on_a});
  EXPECT_THAT(history.compare({trigger_on_a}, nobody).texts, IsEmpty());
  EXPECT_FALSE(history.adopt({trigger_on_a}));
}

TEST_F(carrier_history_test, made_again_after_it_was_gone_it_is_news_again) {
  history.adopt({trigger_on_a});
  history.adopt({});
  EXPECT_TRUE(history.compare({trigger_on_a}, nobody).everything);
}

TEST_F(carrier_history_test, what_was_announced_is_none) {
  history.adopt({});
  EXPECT_THAT(history.compare({trigger_on_a}, [](std::uint32_t xid) { return xid == 100; }).texts, IsEmpty());
}

TEST_F(carrier_history_test, so_it_is_after_a_restart) {
  history.restore({key_of_b.text});
  EXPECT_THAT(history.compare({trigger_on_a, key_of_b}, nobody).texts, ElementsAre(trigger_on_a.text));
}

TEST_F(carrier_history_test, a_foreign_key_reaches_what_is_behind_it) {
  history.adopt({});
  const auto news = history.compare({key_of_b}, nobody);
  EXPECT_FALSE(news.everything);
  EXPECT_THAT(news.tables, ElementsAre(b));
}

TEST_F(carrier_history_test, beside_another_trigger_only_a_deferrable_one_is_news) {
  history.adopt({trigger_on_a});
  EXPECT_THAT(history.compare({trigger_on_a, other_on_a}, nobody).texts, IsEmpty());
  EXPECT_THAT(history.compare({trigger_on_a, deferred_on_a}, nobody).texts, ElementsAre(deferred_on_a.text));
}

}  // namespace
}  // namespace pgtandem::proxy
