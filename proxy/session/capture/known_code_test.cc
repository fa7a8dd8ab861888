#include "proxy/session/capture/known_code.h"

#include <gtest/gtest.h>

namespace pgtandem::proxy {
namespace {

TEST(known_code, nothing_is_known_before_the_first_look) {
  known_code code;
  EXPECT_TRUE(code.may_run({.relations = {"t"}}));
  code.learn({}, code.version());
  EXPECT_FALSE(code.may_run({.relations = {"t"}}));
}

TEST(known_code, what_is_defined_past_pgtandem_makes_it_unknown_until_the_next_look) {
  known_code code;
  code.learn({}, code.version());
  const auto before = code.version();
  code.redefined();
  EXPECT_NE(code.version(), before);
  EXPECT_TRUE(code.may_run({.relations = {"t"}}));
  code.learn({}, code.version());
  EXPECT_FALSE(code.may_run({.relations = {"t"}}));
}

TEST(known_code, transactions_that_define_things_are_announced) {
  known_code code;
  known_code::definition(code).note_commit(xid_t{(std::uint64_t{1} << 32) + 7});
  EXPECT_EQ(code.announced(), std::vector<std::uint32_t>{7});
  for (std::uint64_t i = 0; i < 1000; ++i) known_code::definition(code).note_commit(xid_t{100 + i});
  EXPECT_EQ(code.announced().size(), 1000U);
  EXPECT_EQ(code.announced().front(), 100U);
}

TEST(known_code, each_kind_of_name_is_looked_up_in_its_own_list) {
  known_code code;
  code.learn({.functions = {"f", "row_f"},
              .row_functions = {"row_f"},
              .operators = {"+"},
              .types = {"dom"},
              .relations = {"v"},
              .written = {oid_t{7}}},
             code.version());
  EXPECT_TRUE(code.may_run_when_written(oid_t{7}));
  EXPECT_FALSE(code.may_run_when_written(oid_t{8}));
  EXPECT_TRUE(code.may_run({.functions = {"abs", "f"}}));
  EXPECT_TRUE(code.may_run({.fields = {"f"}}));
  EXPECT_TRUE(code.may_run({.row_fields = {"row_f"}}));
  EXPECT_TRUE(code.may_run({.operators = {"+"}}));
  EXPECT_TRUE(code.may_run({.types = {"dom"}}));
  EXPECT_TRUE(code.may_run({.relations = {"v"}}));
  EXPECT_TRUE(code.may_run({.functions = {"jsonb_populate_record"}}));
  EXPECT_FALSE(code.may_run({.functions = {"v", "dom"},
                             .operators = {"-", "f"},
                             .types = {"f"},
                             .fields = {"v"},
                             .row_fields = {"f", "v"},
                             .relations = {"f", "dom"}}));
}

TEST(known_code, what_may_run_anywhere_may_run_in_every_statement) {
  known_code code;
  code.learn({.anywhere = true}, code.version());
  EXPECT_TRUE(code.may_run_when_written(oid_t{7}));
  EXPECT_TRUE(code.may_run({.relations = {"t"}}));
}

TEST(known_code, a_definition_makes_it_unknown_until_a_look_after_its_end) {
  known_code code;
  const sql::used_names uses{.relations = {"t"}};
  std::uint64_t during = 0;
  {
    const known_code::definition defining(code);
    during = code.version();
    code.learn({}, during);
    EXPECT_TRUE(code.may_run(uses));
  }
  EXPECT_NE(code.version(), during);
  EXPECT_TRUE(code.may_run(uses));
  code.learn({}, during);  // that look began too early
  EXPECT_TRUE(code.may_run(uses));
  code.learn({}, code.version());
  EXPECT_FALSE(code.may_run(uses));
}

TEST(known_code, a_look_is_wanted_once_a_definition_has_ended) {
  known_code code;
  code.learn({}, code.version());
  { const known_code::definition defining(code); }
  EXPECT_TRUE(code.wait_until_wanted({}, std::chrono::hours(1)));
  std::stop_source stop;
  stop.request_stop();
  EXPECT_FALSE(code.wait_until_wanted(stop.get_token(), std::chrono::hours(1)));
}

TEST(known_code, a_text_that_was_refused_has_defined_nothing) {
  known_code code;
  const sql::used_names uses{.relations = {"t"}};
  code.learn({}, code.version());
  {
    known_code::definition refused(code);
    refused.note_refused();
    EXPECT_TRUE(code.may_run(uses));
  }
  EXPECT_FALSE(code.may_run(uses));
  {
    known_code::definition first(code);
    first.note_run();
    first.note_refused();
  }
  EXPECT_TRUE(code.may_run(uses));
  code.learn({}, code.version());
  {
    known_code::definition refused(code);
    { known_code::definition another(code); }
    refused.note_refused();
  }
  EXPECT_TRUE(code.may_run(uses));
}

}  // namespace
}  // namespace pgtandem::proxy
