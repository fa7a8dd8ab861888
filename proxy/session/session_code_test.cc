#include <algorithm>

#include "proxy/session/session_fixture_testing.h"

namespace pgtandem::proxy {
namespace {

class session_code_test : public session_test {
 protected:
  void learn(catalog::user_code code) { code_.learn(std::move(code), code_.version()); }
  bool witnessed() {
    const bool any = std::any_of(legacy_.parsed.begin(), legacy_.parsed.end(), [](const std::string& text) {
      return text.find("pg_locks") != std::string::npos;
    });
    legacy_.parsed.clear();
    return any;
  }
};

TEST_F(session_code_test, reads_pay_nothing_until_a_name_in_them_runs_users_code) {
  query("SELECT id FROM v");
  EXPECT_FALSE(witnessed());
  learn({.relations = {"v"}});
  query("SELECT id FROM v");
  EXPECT_TRUE(witnessed());
  EXPECT_EQ(answers().back(), "Z I");
}

TEST_F(session_code_test, a_prepared_read_is_judged_when_it_is_sent) {
  wire::bind bind;
  bind.statement = "s";
  client(wire::parse{"s", "SELECT id FROM v", {}}, bind, wire::execute{"", 0}, wire::sync{});
  EXPECT_FALSE(witnessed());
  learn({.relations = {"v"}});
  client(bind, wire::execute{"", 0}, wire::sync{});
  EXPECT_TRUE(witnessed());
}

TEST_F(session_code_test, an_imaged_statement_is_looked_at_besides) {
  learn({.written = {oid_t{100}}});
  query("UPDATE t SET v = 'x' WHERE id = 1");
  ASSERT_EQ(records_.size(), 1U);
  EXPECT_EQ(records_[0].changes.size(), 1U);
  EXPECT_EQ(records_[0].marks.size(), 1U);
}

TEST_F(session_code_test, from_a_definition_to_the_next_look_nothing_is_taken_for_harmless) {
  query("SELECT id FROM v");
  EXPECT_FALSE(witnessed());
  query("BEGIN");
  query("CREATE VIEW v AS SELECT 1");
  learn({});
  EXPECT_TRUE(code_.may_run({.relations = {"v"}}));
  query("COMMIT");
  EXPECT_TRUE(code_.may_run({.relations = {"v"}}));
  learn({});
  EXPECT_FALSE(code_.may_run({.relations = {"v"}}));
}

}  // namespace
}  // namespace pgtandem::proxy
