#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reconciler/compare/drift_report.h"

namespace pgtandem::reconciler {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

table_report equal_table(const char* name, std::uint64_t rows) {
  table_report t;
  t.table = {"public", name};
  t.legacy_rows = t.target_rows = rows;
  t.legacy_checksum = t.target_checksum = "00000000000000ff";
  return t;
}

table_report differing_table() {
  table_report t = equal_table("d", 2);
  t.target_checksum = "0000000000000001";
  t.differing = 3;
  t.rows.push_back({row_difference::kind::differs, R"({"id":1})", {{"v", "it's", std::nullopt}}});
  t.rows.push_back({row_difference::kind::surplus_on_target, R"({"id":2})", {{"v", std::nullopt, "a\nb"}}});
  return t;
}

TEST(drift_report, exit_codes) {
  drift_report r;
  EXPECT_EQ(r.exit_code(), 2) << "nothing was compared";
  r.tables.push_back(equal_table("t", 5));
  EXPECT_EQ(r.exit_code(), 0);
  r.trouble.emplace_back("no daemon");
  EXPECT_EQ(r.exit_code(), 2);
  r.trouble.clear();
  r.tables[0].undecidable.emplace_back("marked");
  EXPECT_EQ(r.exit_code(), 2);
  r.tables.push_back(differing_table());
  EXPECT_EQ(r.exit_code(), 1) << "a confirmed difference weighs more than what cannot be told";
}

TEST(to_text, in_sync) {
  drift_report r;
  r.tables = {equal_table("a", 1'234'000), equal_table("b", 567), equal_table("c", 0)};
  const std::string text = to_text(r);
  EXPECT_THAT(text, EndsWith("\nin sync: 3 tables, 1,234,567 rows compared\n"));
  EXPECT_THAT(text, HasSubstr("public.a"));
  EXPECT_THAT(text, HasSubstr("1,234,000"));
}

TEST(to_text, differing_rows_with_their_columns_side_by_side) {
  drift_report r;
  r.tables = {equal_table("a", 1), differing_table()};
  const std::string text = to_text(r);
  EXPECT_THAT(text, HasSubstr("  {\"id\":1} differs\n      v: legacy 'it's'  target NULL\n"));
  EXPECT_THAT(text, HasSubstr("  {\"id\":2} is only on the target\n      v: target 'a\\nb'\n"));
  EXPECT_THAT(text, HasSubstr("  ... and 1 more\n"));
  EXPECT_THAT(text, EndsWith("\nDRIFT: 3 rows differ in 1 table\n"));
}

TEST(to_text, what_cannot_be_told_is_said_and_never_reads_as_equal) {
  drift_report r;
  table_report t;
  t.table = {"public", "t"};
  t.undecidable.emplace_back("it has no usable key");
  r.tables = {t};
  r.trouble.emplace_back("the applier is halted");
  const std::string text = to_text(r);
  EXPECT_THAT(text, HasSubstr("cannot tell: it has no usable key"));
  EXPECT_THAT(text, HasSubstr("trouble: the applier is halted"));
  EXPECT_THAT(text, HasSubstr("CANNOT TELL: 1 of 1 table undecidable"));
  EXPECT_THAT(text, Not(HasSubstr("in sync")));
}

TEST(to_text, long_values_are_cut_between_characters) {
  drift_report r;
  r.tables = {differing_table()};
  std::string value(59, 'x');
  for (int i = 0; i < 10; ++i) value += "ü";
  r.tables[0].rows[0].columns[0].legacy = value;
  EXPECT_THAT(to_text(r), HasSubstr("v: legacy '" + std::string(59, 'x') + "...' (79 bytes)"));
}

TEST(to_json, carries_everything) {
  drift_report r;
  r.tables = {differing_table()};
  r.tables[0].rows[0].key = R"({"id":12345678901234567890123})";
  r.trouble.emplace_back("say \"what\"");
  EXPECT_EQ(
      to_json(r),
      R"({"exit_code":1,"tables":[{"schema":"public","table":"d","legacy_rows":2,"target_rows":2,)"
      R"("legacy_checksum":"00000000000000ff","target_checksum":"0000000000000001","differing":3,"rows":[)"
      R"({"what":"differs","key":{"id":12345678901234567890123},"columns":[{"column":"v","legacy":"it's","target":null}]},)"
      R"({"what":"surplus_on_target","key":{"id":2},"columns":[{"column":"v","legacy":null,"target":"a\u000ab"}]}],)"
      R"("undecidable":[]}],"trouble":["say \"what\""]})"
      "\n");
}

}  // namespace
}  // namespace pgtandem::reconciler
