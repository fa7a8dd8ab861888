#include "proxy/cli/drift_view.h"

#include <gtest/gtest.h>

namespace pgtandem::proxy {
namespace {

reconciler::drift_report report_of(std::initializer_list<const char*> tables) {
  reconciler::drift_report r;
  for (const char* t : tables) {
    reconciler::table_report report;
    report.table = {"public", t};
    r.tables.push_back(std::move(report));
  }
  return r;
}

TEST(drift_view, refused_tables_cannot_be_told) {
  database_status daemon;
  daemon.refused = {{"public.a", {"no usable key"}}, {"other.x", {"rules", "row-level security"}}};
  auto report = report_of({"a", "b"});
  add_daemon_view(report, daemon, "");
  ASSERT_EQ(report.tables.size(), 3U);
  EXPECT_EQ(report.tables[0].undecidable, (std::vector<std::string>{"not mirrored: no usable key"}));
  EXPECT_TRUE(report.tables[1].undecidable.empty());
  EXPECT_EQ(report.tables[2].table, (change::table_name{"other", "x"}));
  EXPECT_EQ(report.tables[2].undecidable.size(), 2U);
}

TEST(drift_view, reasons_are_told_once) {
  database_status daemon;
  daemon.refused = {{"public.a", {"no usable key"}}};
  auto report = report_of({"a"});
  report.tables[0].undecidable = {"refused: no usable key"};
  add_daemon_view(report, daemon, "");
  EXPECT_EQ(report.tables[0].undecidable.size(), 1U);
}

TEST(drift_view, only_the_asked_table) {
  database_status daemon;
  daemon.refused = {{"public.a", {"no usable key"}}, {"public.b", {"no usable key"}}};
  auto report = report_of({"b"});
  add_daemon_view(report, daemon, "b");
  ASSERT_EQ(report.tables.size(), 1U);
  EXPECT_EQ(report.tables[0].undecidable.size(), 1U);
}

TEST(drift_view, a_halted_or_degraded_applier_is_trouble) {
  database_status daemon;
  auto report = report_of({"a"});
  add_daemon_view(report, daemon, "");
  EXPECT_TRUE(report.trouble.empty());
  daemon.halted = true;
  daemon.degraded = true;
  add_daemon_view(report, daemon, "");
  EXPECT_EQ(report.trouble.size(), 2U);
}

TEST(drift_view, marks_of_one_table) {
  database_status daemon;
  daemon.marks = {{1, "public.a", "keys", 3, "in doubt", true, 0},
                  {2, "public.b", "table", 0, "COPY", false, 0}};
  ASSERT_EQ(mark_sentences(daemon, "public.a").size(), 1U);
  EXPECT_EQ(mark_sentences(daemon, "public.a")[0],
            "3 keys are marked: in doubt; a heal is owed, see pgtandem wait");
  EXPECT_EQ(mark_sentences(daemon, "public.b")[0],
            "the table is marked: COPY; a heal is owed, see pgtandem wait");
  daemon.parked = {{1, "public.b", "{}", 5, "23505", "duplicate", "", 0, 1}};
  ASSERT_EQ(mark_sentences(daemon, "public.b").size(), 2U);
  EXPECT_EQ(mark_sentences(daemon, "public.b")[1],
            "1 rows are parked: the target refuses them, see pgtandem parked list");
  EXPECT_TRUE(mark_sentences(daemon, "public.c").empty());
}

TEST(drift_view, a_difference_counts_before_not_knowing) {
  EXPECT_EQ(combined_exit_code({0, 0}), 0);
  EXPECT_EQ(combined_exit_code({0, 2}), 2);
  EXPECT_EQ(combined_exit_code({2, 1, 0}), 1);
  EXPECT_EQ(combined_exit_code({}), 2);
}

TEST(drift_view, json_of_one_database_is_its_report) {
  const auto report = report_of({"a"});
  EXPECT_EQ(reports_to_json({{"app", report}}), reconciler::to_json(report));
}

TEST(drift_view, json_of_several_databases_names_them) {
  auto unsure = report_of({"a"});
  unsure.trouble = {"no daemon"};
  const std::string json = reports_to_json({{"a\"b", report_of({"a"})}, {"c", unsure}});
  EXPECT_TRUE(json.starts_with(R"({"exit_code":2,"databases":[{"name":"a\"b","report":{)")) << json;
  EXPECT_TRUE(json.ends_with("}}]}\n")) << json;
}

}  // namespace
}  // namespace pgtandem::proxy
