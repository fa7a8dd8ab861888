#include "proxy/session/transaction/written_rows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pgtandem::proxy {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const change::table_name a{"public", "a"};
const change::table_name b{"public", "b"};

change::mark keys_of(const change::table_name& table, std::vector<std::string> keys) {
  return {table, change::mark_scope::keys, std::move(keys), "why"};
}
change::mark all_of(const change::table_name& table) {
  return {table, change::mark_scope::table, {}, "why"};
}

written_rows of(const change::table_name& table, const std::vector<std::string>& keys) {
  written_rows rows;
  for (const auto& key : keys) rows.add_key(table, key);
  return rows;
}

TEST(written_rows, each_row_is_marked_once) {
  written_rows marked;
  EXPECT_THAT(marked.merge(of(a, {"2", "1", "2"}), "why"), ElementsAre(keys_of(a, {"1", "2"})));
  EXPECT_THAT(marked.merge(of(a, {"2", "3"}), "why"), ElementsAre(keys_of(a, {"3"})));
  EXPECT_THAT(marked.merge(of(b, {"3"}), "why"), ElementsAre(keys_of(b, {"3"})));
  EXPECT_THAT(marked.merge(of(a, {"1", "3"}), "why"), IsEmpty());
}

TEST(written_rows, a_table_takes_in_its_keys) {
  written_rows rows = of(a, {"1"});
  rows.add_table(a);
  rows.add_key(a, "2");
  written_rows marked;
  EXPECT_THAT(marked.merge(of(a, {"1"}), "why"), ElementsAre(keys_of(a, {"1"})));
  EXPECT_THAT(marked.merge(rows, "why"), ElementsAre(all_of(a)));
  EXPECT_THAT(marked.merge(of(a, {"3"}), "why"), IsEmpty());
  EXPECT_THAT(marked.merge(rows, "why"), IsEmpty());
}

TEST(written_rows, many_keys_are_the_table) {
  written_rows rows;
  for (std::size_t i = 0; i < written_rows::most_keys; ++i) rows.add_key(a, std::to_string(i));
  rows.add_key(b, "1");
  written_rows marked;
  EXPECT_EQ(marked.merge(rows, "why").front().keys.size(), written_rows::most_keys);
  EXPECT_THAT(marked.merge(of(a, {"one more"}), "why"), ElementsAre(all_of(a))) << "also by and by";
  EXPECT_THAT(marked.merge(of(b, {"2"}), "why"), ElementsAre(keys_of(b, {"2"})));
  rows.add_key(a, "one more");
  EXPECT_THAT(written_rows{}.merge(rows, "why"), ElementsAre(all_of(a), keys_of(b, {"1"})));
}

TEST(written_rows, so_are_long_ones) {
  written_rows rows = of(a, {std::string(written_rows::most_key_bytes, 'x')});
  EXPECT_EQ(written_rows{}.merge(rows, "why").front().scope, change::mark_scope::keys);
  rows.add_key(a, "y");
  EXPECT_THAT(written_rows{}.merge(rows, "why"), ElementsAre(all_of(a)));
}

}  // namespace
}  // namespace pgtandem::proxy
