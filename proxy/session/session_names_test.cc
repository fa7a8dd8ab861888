// What names mean may change behind a session's back, and between PREPARE and EXECUTE.
#include <algorithm>

#include "proxy/session/session_fixture_testing.h"

namespace pgtandem::proxy {
namespace {

class session_names_test : public session_test {
 protected:
  std::size_t parsed_with(std::string_view part) const {
    return static_cast<std::size_t>(
        std::count_if(legacy_.parsed.begin(), legacy_.parsed.end(),
                      [&](const std::string& text) { return text.find(part) != std::string::npos; }));
  }
};

TEST_F(session_names_test, a_table_in_the_way_of_a_mirrored_one_may_be_gone_when_it_is_written) {
  legacy_.oid = "500";
  query("UPDATE t SET v = 'x' WHERE id = 1");
  ASSERT_EQ(records_.size(), 1U);
  EXPECT_EQ(records_[0].marks.size(), 1U);
}

TEST_F(session_names_test, one_of_another_name_or_schema_is_not_in_the_way) {
  legacy_.on_commit = {};  // nothing to record
  legacy_.oid = "500";
  query("UPDATE u SET v = 'x' WHERE id = 1");
  query("UPDATE aside.t SET v = 'x' WHERE id = 1");
  EXPECT_EQ(parsed_with("pg_locks"), 0U);
}

TEST_F(session_names_test, nobody_else_drops_a_temporary_one) {
  legacy_.on_commit = {};
  legacy_.oid = "500";
  legacy_.temporary = true;
  query("UPDATE t SET v = 'x' WHERE id = 1");
  EXPECT_EQ(parsed_with("pg_locks"), 0U);
}

TEST_F(session_names_test, what_sql_prepared_is_prepared_again_under_a_role_that_may_not_read) {
  query("PREPARE p AS UPDATE t SET v = 'x' WHERE id = 1");
  EXPECT_EQ(parsed_with("PREPARE p AS UPDATE t SET v = 'x' WHERE id = 1\n RETURNING"), 1U);
  legacy_.may_select = false;
  query("SET ROLE writer");
  legacy_.parsed.clear();
  answers();
  query("EXECUTE p");
  EXPECT_THAT(answers(), ::testing::ElementsAre("C UPDATE", "Z I"));
  EXPECT_EQ(parsed_with("PREPARE p AS"), 1U);
  EXPECT_EQ(parsed_with("RETURNING"), 0U);
  ASSERT_EQ(records_.size(), 1U);
  EXPECT_TRUE(records_[0].changes.empty());
  EXPECT_EQ(records_[0].marks.size(), 1U);
  query("EXECUTE p");
  EXPECT_EQ(parsed_with("PREPARE p AS"), 1U);
}

TEST_F(session_names_test, and_imaged_again_under_one_that_may) {
  query("PREPARE p AS UPDATE t SET v = 'x' WHERE id = 1");
  legacy_.may_select = false;
  query("SET ROLE writer");
  query("EXECUTE p");
  legacy_.may_select = true;
  query("RESET ROLE");
  query("EXECUTE p");
  ASSERT_EQ(records_.size(), 2U);
  EXPECT_EQ(records_[1].changes.size(), 1U);
  EXPECT_TRUE(records_[1].marks.empty());
}

TEST_F(session_names_test, a_right_that_is_taken_behind_its_back_makes_one_statement_fail_at_most) {
  query("UPDATE t SET v = 'x' WHERE id = 1");
  legacy_.may_select = false;
  query("UPDATE t SET v = 'y' WHERE id = 1");
  answers();
  query("UPDATE t SET v = 'z' WHERE id = 1");
  EXPECT_THAT(answers(), ::testing::ElementsAre("C UPDATE", "Z I"));
}

}  // namespace
}  // namespace pgtandem::proxy
