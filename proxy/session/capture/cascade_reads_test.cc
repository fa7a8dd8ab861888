#include "proxy/session/capture/cascade_reads.h"

#include <gmock/gmock.h>

#include "protocol/sql/parse.h"
#include "proxy/session/capture/catalog_testing.h"

namespace pgtandem::proxy {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

// parent <- child <- grandchild.
class cascade_reads_test : public ::testing::Test {
 protected:
  cascade_reads_test() {
    parent_.cascades = {key(200, 'c')};
    child_.cascades = {key(300, 'n')};
  }
  static catalog::cascade key(std::uint32_t child, char on_delete, std::string column = "v") {
    return {oid_t{child}, on_delete, 'a', {std::move(column)}, {"id"}, {"OPERATOR(pg_catalog.=)"}};
  }
  std::optional<cascade_reads> reads() {
    mirrored_catalog mirrored({parent_, child_, grandchild_});
    const removed_rows removed{{"FROM \"parent\" AS \"p\" WHERE id = $2 -- last\n", {2}}, "\"p\""};
    return make_cascade_reads(parent_, removed, 0, mirrored);
  }

  catalog::relation parent_ = testing::keyed_table(oid_t{100}, "parent");
  catalog::relation child_ = testing::keyed_table(oid_t{200}, "child");
  catalog::relation grandchild_ = testing::keyed_table(oid_t{300}, "grandchild");
};

TEST_F(cascade_reads_test, lock_the_rows_and_read_what_refers_to_them_step_by_step) {
  const auto all = reads();
  ASSERT_TRUE(all);
  EXPECT_THAT(all->tables, ElementsAre(child_.name, grandchild_.name));
  ASSERT_THAT(all->keys, SizeIs(2));
  EXPECT_THAT(all->rows.sql, HasSubstr("FOR UPDATE)"));
  EXPECT_THAT(all->keys[0].sql, ::testing::EndsWith("LIMIT 10001 FOR UPDATE"));
  EXPECT_THAT(all->keys[1].sql, ::testing::EndsWith("LIMIT 10001 FOR NO KEY UPDATE")) << "as SET NULL would";
  for (const auto* q : {&all->rows, &all->keys[0], &all->keys[1]}) {
    EXPECT_TRUE(sql::parse(q->sql).ok) << q->sql;
    EXPECT_THAT(q->sql, HasSubstr("read committed"));
    EXPECT_THAT(q->choice.parameters, ElementsAre(2));
  }
}

TEST_F(cascade_reads_test, stop_where_rows_get_other_keys_or_carry_it_further) {
  child_.cascades = {key(300, 'd', "id")};
  EXPECT_FALSE(reads()) << "it sets the grandchild's own key";
  child_.cascades = {key(300, 'c', "id")};
  EXPECT_TRUE(reads()) << "the row goes as a whole";
  child_.cascades = {key(300, 'n')};
  grandchild_.columns[0].generated = true;
  EXPECT_FALSE(reads()) << "its key may be generated from what is set";
  grandchild_.columns[0].generated = false;
  grandchild_.cascades = {key(100, 'a')};
  grandchild_.cascades[0].referenced = {"v"};
  grandchild_.cascades[0].on_update = 'c';
  EXPECT_FALSE(reads()) << "others follow the column that is set";
}

TEST_F(cascade_reads_test, end_on_a_way_back) {
  grandchild_.cascades = {key(100, 'c')};
  EXPECT_TRUE(reads()) << "what is set to null ends there";
  child_.cascades[0].on_delete = 'c';
  EXPECT_FALSE(reads());
  parent_.cascades = {key(100, 'c')};
  EXPECT_FALSE(reads());
}

TEST_F(cascade_reads_test, two_ways_to_a_table_are_both_read) {
  parent_.cascades = {key(200, 'c'), key(300, 'n')};
  EXPECT_THAT(reads()->keys, SizeIs(3));
}

}  // namespace
}  // namespace pgtandem::proxy
