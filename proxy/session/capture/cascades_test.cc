#include "proxy/session/capture/cascades.h"

#include <gmock/gmock.h>

#include "proxy/session/capture/catalog_testing.h"

namespace pgtandem::proxy {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const row_effect removal{};
const row_effect new_id = std::set<std::string>{"id"};
const row_effect new_v = std::set<std::string>{"v"};

// parent <- child <- grandchild, by (id) each.
class cascades_test : public ::testing::Test {
 protected:
  static catalog::relation table(std::uint32_t oid, const std::string& name) {
    return testing::keyed_table(oid_t{oid}, name);
  }
  static catalog::cascade key(std::uint32_t child, char on_delete, char on_update,
                              std::string column = "id") {
    return {oid_t{child}, on_delete, on_update, {std::move(column)}, {"id"}, {"OPERATOR(pg_catalog.=)"}};
  }
  std::vector<std::string> reach(const row_effect& effect) {
    mirrored_catalog mirrored({parent_, child_, grandchild_});
    auto r = reach_of(parent_, effect, mirrored);
    std::vector<std::string> names;
    if (!r.certain) names.emplace_back("?");
    for (const auto& t : r.tables) names.push_back(t.name);
    return names;
  }

  catalog::relation parent_ = table(100, "parent");
  catalog::relation child_ = table(200, "child");
  catalog::relation grandchild_ = table(300, "grandchild");
};

TEST_F(cascades_test, follow_the_action_of_what_happens) {
  parent_.cascades = {key(200, 'c', 'a')};
  EXPECT_THAT(reach(removal), ElementsAre("child"));
  EXPECT_THAT(reach(new_id), IsEmpty());
  parent_.cascades = {key(200, 'r', 'd')};
  EXPECT_THAT(reach(removal), IsEmpty());
  EXPECT_THAT(reach(new_id), ElementsAre("child"));
  EXPECT_THAT(reach(new_v), IsEmpty()) << "nothing refers to that column";
}

TEST_F(cascades_test, go_on_behind_a_child) {
  parent_.cascades = {key(200, 'c', 'c')};
  child_.cascades = {key(300, 'n', 'a')};
  EXPECT_THAT(reach(removal), ElementsAre("child", "grandchild"));
  EXPECT_THAT(reach(new_id), ElementsAre("child")) << "the child's key follows, and there it ends";
  child_.cascades = {key(300, 'a', 'c')};
  EXPECT_THAT(reach(removal), ElementsAre("child"));
  EXPECT_THAT(reach(new_id), ElementsAre("child", "grandchild"));
}

TEST_F(cascades_test, that_set_columns_end_where_nothing_refers_to_them) {
  parent_.cascades = {key(200, 'n', 'a', "v")};
  child_.cascades = {key(300, 'c', 'c')};
  EXPECT_THAT(reach(removal), ElementsAre("child"));
  parent_.cascades = {key(200, 'd', 'a', "id")};
  EXPECT_THAT(reach(removal), ElementsAre("child", "grandchild"));
}

TEST_F(cascades_test, a_generated_column_may_change_with_any_other) {
  parent_.cascades = {key(200, 'a', 'c')};
  parent_.columns[0].generated = true;
  EXPECT_THAT(reach(new_v), ElementsAre("child"));
}

TEST_F(cascades_test, may_come_back_to_where_they_began) {
  parent_.cascades = {key(100, 'c', 'a', "v"), key(200, 'c', 'a')};
  child_.cascades = {key(100, 'n', 'a', "v")};
  EXPECT_THAT(reach(removal), ElementsAre("child", "parent"));
}

TEST_F(cascades_test, are_not_certain_beyond_what_is_known) {
  parent_.cascades = {key(200, 'c', 'a'), key(999, 'c', 'a')};
  EXPECT_THAT(reach(removal), ElementsAre("?", "child")) << "to a table that is not mirrored";
  parent_.cascades.pop_back();
  child_.has_user_triggers = true;
  EXPECT_THAT(reach(removal), ElementsAre("?"));
  child_.has_user_triggers = false;
  child_.has_rules = true;
  EXPECT_THAT(reach(removal), ElementsAre("?"));
  EXPECT_THAT(reach(new_id), IsEmpty());
}

TEST_F(cascades_test, are_looked_up_for_what_a_statement_does) {
  parent_.cascades = {key(200, 'c', 'c')};
  mirrored_catalog mirrored({parent_, child_});
  auto p = std::make_shared<plan>();
  p->mode = capture_mode::image;
  p->target_oid = oid_t{100};
  p->kind = sql::statement_kind::insert;
  EXPECT_EQ(with_cascades(p, mirrored), p);
  p->assigned = {"id"};  // ON CONFLICT DO UPDATE
  EXPECT_THAT(with_cascades(p, mirrored)->cascades_to, ElementsAre(child_.name));
  p->kind = sql::statement_kind::update;
  p->assigned = {"v"};
  EXPECT_TRUE(with_cascades(p, mirrored)->watched);
  EXPECT_THAT(with_cascades(p, mirrored)->cascades_to, IsEmpty());
  p->kind = sql::statement_kind::remove;
  EXPECT_THAT(with_cascades(p, mirrored)->cascades_to, ElementsAre(child_.name));
  EXPECT_FALSE(with_cascades(p, mirrored)->also_unproven);
}

}  // namespace
}  // namespace pgtandem::proxy
