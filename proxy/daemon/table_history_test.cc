#include "proxy/daemon/table_history.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pgtandem::proxy {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const change::table_name t{"public", "t"};
const change::table_name u{"public", "u"};
const std::vector<std::string> narrow{"table 1", "column n numeric(10,2)"};
const std::vector<std::string> wide{"table 1", "column n numeric(12,4)"};

catalog::relation table(const change::table_name& name, const std::vector<std::string>& shape) {
  catalog::relation r;
  r.name = name;
  r.shape = shape;
  return r;
}

catalog_view view(const std::vector<catalog::relation>& mirrored,
                  const std::vector<refused_relation>& refused = {}) {
  return {.mirrored = std::make_shared<mirrored_catalog>(mirrored),
          .refused = refused,
          .target_seen = true,
          .on_target = {t, u},
          .changed = true};
}

class table_history_test : public ::testing::Test {
 protected:
  table_history halting{on_ddl::halt, {{"*.*"}, {}}};
  table_history ignoring{on_ddl::ignore, {{"*.*"}, {}}};
};

TEST_F(table_history_test, a_table_is_fresh_once) {
  const auto now = view({table(t, narrow)});
  EXPECT_THAT(halting.compare(now).fresh, ElementsAre(t));
  halting.adopt(now, seq_t{7}, seq_t{7});
  EXPECT_EQ(halting.known().at(t).valid_after, seq_t{7});
  EXPECT_THAT(halting.compare(now).fresh, IsEmpty());
  EXPECT_THAT(halting.compare(now).altered, IsEmpty());
}

TEST_F(table_history_test, another_shape_is_an_alteration_that_voids_what_was_recorded) {
  halting.adopt(view({table(t, narrow)}), seq_t{1}, seq_t{});
  const auto now = view({table(t, wide)});
  const auto news = halting.compare(now);
  ASSERT_THAT(news.altered, SizeIs(1));
  EXPECT_EQ(news.altered[0].what, "column n numeric(10,2) became column n numeric(12,4)");
  halting.adopt(now, seq_t{9}, seq_t{});
  EXPECT_EQ(halting.known().at(t).valid_after, seq_t{9});
  EXPECT_THAT(halting.in_the_way(now), IsEmpty());
  EXPECT_THAT(halting.compare(now).altered, IsEmpty());
}

TEST_F(table_history_test, a_shape_that_was_never_noted_is_taken_as_it_is) {
  halting.restore({{t, {}}});
  EXPECT_THAT(halting.compare(view({table(t, narrow)})).altered, IsEmpty());
}

TEST_F(table_history_test, what_no_longer_fits_is_in_the_way_until_it_does) {
  halting.adopt(view({table(t, narrow)}), seq_t{1}, seq_t{});
  const auto now = view({}, {{t, {"column n has another type"}, wide}});
  halting.adopt(now, seq_t{5}, seq_t{});
  ASSERT_THAT(halting.in_the_way(now), SizeIs(1));
  EXPECT_THAT(halting.in_the_way(now)[0], HasSubstr("public.t"));
  EXPECT_THAT(halting.in_the_way(now)[0], HasSubstr("column n has another type"));
  EXPECT_THAT(halting.in_the_way(now)[0], HasSubstr("numeric(10,2) became column n numeric(12,4)"));
  table_history restarted{on_ddl::halt, {{"*.*"}, {}}};
  restarted.restore(halting.known());
  EXPECT_THAT(restarted.in_the_way(now), SizeIs(1));
  const auto fits = view({table(t, wide)});
  EXPECT_THAT(restarted.compare(fits).altered, SizeIs(1));
  restarted.adopt(fits, seq_t{8}, seq_t{});
  EXPECT_THAT(restarted.in_the_way(fits), IsEmpty());
  EXPECT_EQ(restarted.known().at(t).valid_after, seq_t{8});
}

TEST_F(table_history_test, ignored_it_is_left_out_and_healed_when_it_fits_again_even_unaltered) {
  ignoring.adopt(view({table(t, narrow)}), seq_t{1}, seq_t{});
  const auto now = view({}, {{t, {"the target's table has rules"}, narrow}});
  ignoring.adopt(now, seq_t{5}, seq_t{});
  EXPECT_THAT(ignoring.in_the_way(now), IsEmpty());
  EXPECT_THAT(ignoring.compare(view({table(t, narrow)})).altered, SizeIs(1));
}

TEST_F(table_history_test, what_never_fitted_is_not_in_the_way) {
  auto before = view({table(t, narrow)});
  before.target_seen = false;
  halting.adopt(before, seq_t{1}, seq_t{});
  const auto now = view({}, {{t, {"the target has no such table"}, narrow}});
  halting.adopt(now, seq_t{1}, seq_t{});
  EXPECT_THAT(halting.in_the_way(now), IsEmpty());
}

TEST_F(table_history_test, a_dropped_table_is_in_the_way_until_it_is_dropped_on_both_sides) {
  halting.adopt(view({table(t, narrow)}), seq_t{1}, seq_t{});
  auto now = view({});
  halting.adopt(now, seq_t{2}, seq_t{});
  ASSERT_THAT(halting.in_the_way(now), SizeIs(1));
  EXPECT_THAT(halting.in_the_way(now)[0], HasSubstr("dropped or renamed"));
  now.on_target.erase(t);
  halting.adopt(now, seq_t{2}, seq_t{});
  EXPECT_THAT(halting.in_the_way(now), IsEmpty());
  EXPECT_THAT(halting.known(), IsEmpty());
}

TEST_F(table_history_test, what_is_excluded_is_forgotten) {
  table_history excluding{on_ddl::halt, {{"*.*"}, {"public.t"}}};
  excluding.restore({{t, {narrow, seq_t{1}, true, false}}, {u, {narrow, seq_t{1}, true, false}}});
  const auto now = view({table(u, narrow)});
  excluding.adopt(now, seq_t{2}, seq_t{});
  EXPECT_THAT(excluding.in_the_way(now), IsEmpty());
  EXPECT_EQ(excluding.known().count(t), 0U);
}

}  // namespace
}  // namespace pgtandem::proxy
