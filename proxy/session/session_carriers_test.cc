// Triggers and rules that are noticed between a statement's being judged and its commit.
#include "proxy/session/session_fixture_testing.h"

namespace pgtandem::proxy {
namespace {

using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

// A write of `t` (100) also locks `other` (200): a trigger writes it.
class session_carriers_test : public session_test {
 protected:
  session_carriers_test() {
    catalog_ = tables(false);
    legacy_.image = R"(J100 {"id":1,"v":"x"})";
    legacy_.write_locked = "100 200";
  }
  static std::shared_ptr<const mirrored_catalog> tables(bool trigger) {
    auto t = testing::keyed_table(oid_t{100}, "t");
    t.has_user_triggers = trigger;
    return std::make_shared<mirrored_catalog>(std::vector{t, testing::keyed_table(oid_t{200}, "other")});
  }
  std::vector<std::string> marks() {
    std::vector<std::string> all;
    for (const auto& m : records_.back().marks) all.push_back(m.table.name);
    return all;
  }
};

TEST_F(session_carriers_test, one_that_is_noticed_before_the_commit_makes_it_look) {
  query("BEGIN");
  query("UPDATE t SET v = 'x' WHERE id = 1");
  catalog_ = tables(true);
  query("COMMIT");
  EXPECT_THAT(marks(), UnorderedElementsAre("t", "other"));
}

TEST_F(session_carriers_test, so_it_does_while_an_autocommit_is_held) {
  client(wire::parse{"", "UPDATE t SET v = 'x' WHERE id = 1", {}}, wire::bind{}, wire::execute{"", 0});
  catalog_ = tables(true);
  client(wire::sync{});
  EXPECT_THAT(marks(), UnorderedElementsAre("t", "other"));
}

TEST_F(session_carriers_test, another_catalog_that_carries_alike_is_no_matter) {
  query("BEGIN");
  query("UPDATE t SET v = 'x' WHERE id = 1");
  catalog_ = tables(false);
  query("COMMIT");
  EXPECT_THAT(marks(), IsEmpty());
}

TEST_F(session_carriers_test, the_next_transaction_is_judged_anew) {
  catalog_ = tables(true);
  query("SELECT 1");
  catalog_ = tables(false);
  query("UPDATE t SET v = 'x' WHERE id = 1");
  EXPECT_THAT(marks(), IsEmpty());
}

TEST_F(session_carriers_test, a_statement_prepared_before_it_was_there_is_looked_at) {
  for (const char* name : {"", "s"}) {
    catalog_ = tables(false);
    client(wire::parse{name, "UPDATE t SET v = 'x' WHERE id = 1", {}}, wire::sync{});
    catalog_ = tables(true);
    wire::bind bind;
    bind.statement = name;
    client(bind, wire::execute{"", 0}, wire::sync{});
    EXPECT_THAT(marks(), UnorderedElementsAre("t", "other")) << name;
  }
}

TEST_F(session_carriers_test, a_parent_that_is_not_mirrored_may_carry_its_rows_to_children) {
  legacy_.oid = "500";
  legacy_.has_children = true;
  query("UPDATE elder SET v = 'x'");
  EXPECT_THAT(marks(), UnorderedElementsAre("t", "other"));
}

TEST_F(session_carriers_test, transactions_that_define_things_are_announced) {
  query("BEGIN");
  query("CREATE TRIGGER r AFTER INSERT ON t EXECUTE FUNCTION f()");
  query("UPDATE t SET v = 'x' WHERE id = 1");
  query("COMMIT");
  EXPECT_EQ(code_.announced(), std::vector<std::uint32_t>{77});
}

}  // namespace
}  // namespace pgtandem::proxy
