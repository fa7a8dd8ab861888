#include "proxy/session/planner/planner.h"

#include <gtest/gtest.h>

#include "proxy/session/capture/catalog_testing.h"

namespace pgtandem::proxy {
namespace {

class planner_test : public ::testing::Test {
 protected:
  plan_ptr plan_of(const std::string& text) {
    parsed_ = sql::parse(text);
    return planner_.plan_for(parsed_.statements.at(0), text);
  }
  // Legacy says that the name that was asked for is this table.
  void answer_name(std::string_view oid, std::uint64_t generation) {
    const wire::data_row row{{oid, "r", "t", "f", "f", "f", "2", "f", "0", "t", "f"}};
    EXPECT_TRUE(planner_.note_name(row, generation));
    planner_.note_name_answered(true, generation);
  }
  session_environment environment() {
    session_environment e;
    e.catalog = [this] { return catalog_; };
    return e;
  }
  void owe_an_answer() { server_.owe({.what = request::execute}); }

  std::shared_ptr<const mirrored_catalog> catalog_ =
      std::make_shared<mirrored_catalog>(std::vector{testing::keyed_table(oid_t{100}, "a")});
  server_leg server_;
  transaction transaction_{1 << 20};
  prepared_statements prepared_;
  session_environment environment_ = environment();
  planner planner_{environment_, server_, transaction_, prepared_};
  sql::parsed_text parsed_;
};

TEST_F(planner_test, asks_what_a_name_means_once_and_plans_when_it_is_told) {
  EXPECT_EQ(plan_of("DELETE FROM a"), nullptr);
  const auto need = planner_.take_need();
  ASSERT_TRUE(std::holds_alternative<planner_need::name>(need));
  EXPECT_EQ(std::get<planner_need::name>(need).ref.name, "a");
  EXPECT_EQ(plan_of("DELETE FROM a"), nullptr);
  EXPECT_TRUE(std::holds_alternative<planner_need::nothing>(planner_.take_need())) << "it is being asked";
  answer_name("100", planner_.names_generation());
  const auto p = plan_of("DELETE FROM a");
  ASSERT_NE(p, nullptr);
  EXPECT_EQ(p->mode, capture_mode::image);
}

TEST_F(planner_test, an_answer_from_before_names_changed_is_asked_for_again) {
  EXPECT_EQ(plan_of("DELETE FROM a"), nullptr);
  const auto asked_at = planner_.names_generation();
  planner_.doubt_names();
  answer_name("100", asked_at);
  static_cast<void>(planner_.take_need());
  EXPECT_EQ(plan_of("DELETE FROM a"), nullptr);
  EXPECT_TRUE(std::holds_alternative<planner_need::name>(planner_.take_need()));
}

TEST_F(planner_test, the_end_of_a_transaction_that_changed_names_takes_that_back) {
  EXPECT_EQ(plan_of("DELETE FROM a"), nullptr);
  planner_.doubt_names();
  answer_name("100", planner_.names_generation());
  EXPECT_NE(plan_of("DELETE FROM a"), nullptr);
  planner_.note_end_sent();
  EXPECT_EQ(plan_of("DELETE FROM a"), nullptr);
}

TEST_F(planner_test, what_an_execute_runs_is_certain_only_when_all_is_answered) {
  owe_an_answer();
  EXPECT_EQ(plan_of("EXECUTE q"), nullptr);
  EXPECT_TRUE(std::holds_alternative<planner_need::answers>(planner_.take_need()));
}

TEST_F(planner_test, in_a_failed_transaction_nothing_is_asked) {
  transaction_.on_error();
  EXPECT_NE(plan_of("DELETE FROM a"), nullptr);
  EXPECT_TRUE(std::holds_alternative<planner_need::nothing>(planner_.take_need()));
}

TEST_F(planner_test, own_ddl_leaves_nothing_imaged_until_its_transaction_has_ended) {
  EXPECT_EQ(plan_of("DELETE FROM a"), nullptr);
  answer_name("100", planner_.names_generation());
  planner_.note_sent(plan{.defines = true});
  EXPECT_EQ(plan_of("DELETE FROM a")->mode, capture_mode::unproven);
  EXPECT_TRUE(planner_.take_altered().empty());
  EXPECT_EQ(plan_of("DELETE FROM a")->mode, capture_mode::image);
}

TEST_F(planner_test, what_users_may_have_defined_is_not_harmless) {
  known_code code;
  session_environment with_code = environment_;
  with_code.code = &code;
  planner knowing{with_code, server_, transaction_, prepared_};
  const auto parsed = sql::parse("SELECT x FROM v");
  EXPECT_FALSE(knowing.is_harmless(parsed.statements.at(0))) << "nothing has been learned";
  code.learn({.relations = {"w"}}, code.version());
  EXPECT_TRUE(knowing.is_harmless(parsed.statements.at(0)));
  code.learn({.relations = {"v"}}, code.version());
  EXPECT_FALSE(knowing.is_harmless(parsed.statements.at(0)));
}

}  // namespace
}  // namespace pgtandem::proxy
