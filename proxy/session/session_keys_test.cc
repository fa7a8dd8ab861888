// UPDATEs that change keys: the old ones are read first and leave removals in the record.
#include "proxy/session/session_fixture_testing.h"

namespace pgtandem::proxy {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class session_keys_test : public session_test {
 protected:
  session_keys_test() {
    legacy_.old_keys = {R"(J100 {"id":7})"};
    legacy_.image = R"(J100 {"id":1,"v":"x"})";
  }
  std::vector<std::string> changes(std::size_t record = 0) {
    std::vector<std::string> all;
    for (const auto& c : records_.at(record).changes)
      all.push_back((c.op == change::op::remove ? "-" : "+") + c.key);
    return all;
  }
};

TEST_F(session_keys_test, old_keys_are_removed_before_images) {
  query("UPDATE t SET id = 1 WHERE id = 7");
  EXPECT_THAT(answers(), ElementsAre("C UPDATE", "Z I"));
  EXPECT_THAT(changes(), ElementsAre(R"(-{"id":7})", R"(+{"id":1})"));
  EXPECT_THAT(records_[0].marks, IsEmpty());
}

TEST_F(session_keys_test, the_own_query_gets_the_conditions_parameters_alone) {
  wire::bind bind;
  bind.parameters = {"1", "7"};
  client(wire::parse{"", "UPDATE t SET id = $1 WHERE id = $2 RETURNING id", {23}}, bind,
         wire::describe{'P', ""}, wire::execute{"", 0}, wire::sync{});
  EXPECT_THAT(answers(), ElementsAre("1", "2", "T 1", "D 1", "C UPDATE", "Z I"));
  EXPECT_THAT(changes(), ElementsAre(R"(-{"id":7})", R"(+{"id":1})"));
  const old_keys_query q{"", {"", {2}}};
  const auto own = bind_of(q, bind);
  ASSERT_TRUE(own);
  EXPECT_THAT(own->parameters, ElementsAre(std::nullopt, "7"));
  EXPECT_THAT(parameter_types(q, {0, 23, 23}), ElementsAre(25, 23));
  EXPECT_THAT(parameter_types(q, {}), ElementsAre(25, 0));
  bind.parameter_formats = {1, 0};
  EXPECT_THAT(bind_of(q, bind)->parameter_formats, ElementsAre(1, 0));
  bind.parameters.pop_back();
  EXPECT_FALSE(bind_of(q, bind));
}

TEST_F(session_keys_test, a_key_that_stays_is_not_removed) {
  legacy_.old_keys = {R"(J100 {"id":1})"};
  query("UPDATE t SET id = 1 WHERE id = 1");
  EXPECT_THAT(changes(), ElementsAre(R"(+{"id":1})"));
}

TEST_F(session_keys_test, other_numbers_of_old_keys_and_images_mark_the_table) {
  for (const std::size_t found : {0U, 2U}) {
    legacy_.old_keys.assign(found, R"(J100 {"id":7})");
    query("UPDATE t SET id = 1 WHERE id = 7");
    EXPECT_THAT(records_.back().marks, SizeIs(1)) << found;
  }
}

TEST_F(session_keys_test, old_keys_that_cannot_be_read_mark_the_table) {
  legacy_.old_keys = {"nonsense"};
  query("UPDATE t SET id = 1 WHERE id = 7");
  EXPECT_THAT(records_.back().marks, SizeIs(1));
}

TEST_F(session_keys_test, where_the_rows_cannot_be_told_beforehand_nothing_is_asked) {
  query("UPDATE t SET id = 1 WHERE abs(id) = 7");
  EXPECT_THAT(records_.back().changes, IsEmpty());
  EXPECT_THAT(records_.back().marks, SizeIs(1));
}

TEST_F(session_keys_test, rolling_back_to_a_savepoint_drops_removals) {
  query("BEGIN");
  query("SAVEPOINT s");
  query("UPDATE t SET id = 1 WHERE id = 7");
  query("ROLLBACK TO s");
  query("UPDATE t SET id = 1 WHERE id = 7");
  query("COMMIT");
  EXPECT_THAT(changes(), ElementsAre(R"(-{"id":7})", R"(+{"id":1})"));
}

TEST_F(session_keys_test, in_a_failed_transaction_the_client_hears_one_error) {
  query("BEGIN");
  query("SELECT bad");
  answers();
  client(wire::parse{"", "UPDATE t SET id = 1 WHERE id = 7", {}}, wire::bind{}, wire::execute{"", 0},
         wire::sync{});
  EXPECT_THAT(answers(), ElementsAre("1", "2", "E 25P02", "Z E"));
}

TEST_F(session_keys_test, what_sql_prepares_is_not_imaged) {
  query("PREPARE p AS UPDATE t SET id = 1 WHERE id = 7");
  query("EXECUTE p");
  EXPECT_THAT(records_.back().marks, SizeIs(1));
  client(wire::parse{"q", "UPDATE t SET id = 1 WHERE id = 7", {}}, wire::sync{});
  query("EXECUTE q");
  EXPECT_THAT(records_.back().marks, SizeIs(1));
}

}  // namespace
}  // namespace pgtandem::proxy
