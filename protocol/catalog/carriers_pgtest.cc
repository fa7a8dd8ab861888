#include "protocol/catalog/carriers.h"

#include <gmock/gmock.h>

#include "tests/support/pg_cluster.h"

namespace pgtandem::catalog {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class carriers_pgtest : public testing::Test {
 protected:
  carriers_pgtest()
      : c_(test_support::shared_cluster().conninfo(test_support::shared_cluster().fresh_database())) {
    c_.query_simple(R"(
      CREATE TABLE a (id int PRIMARY KEY, v text);
      CREATE TABLE b (id int PRIMARY KEY, a int);
      CREATE TABLE r (id int PRIMARY KEY) PARTITION BY RANGE (id);
      CREATE TABLE r1 PARTITION OF r FOR VALUES FROM (0) TO (10);
      CREATE VIEW w AS SELECT * FROM a;
      CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END')");
  }
  std::set<std::string> after(const std::string& sql) {
    c_.query_simple("SET search_path = public; " + sql + "; SET search_path = pg_catalog");
    return texts_of(load_carriers(c_));
  }
  client::connection c_;
};

TEST_F(carriers_pgtest, what_carries_nothing_is_not_there) {
  EXPECT_THAT(
      after("ALTER TABLE b ADD FOREIGN KEY (a) REFERENCES a; ALTER TABLE b ADD UNIQUE (a) DEFERRABLE;"
            "CREATE RULE r AS ON UPDATE TO w DO INSTEAD NOTHING; CREATE POLICY p ON a USING (true);"
            "CREATE TRIGGER t AFTER INSERT ON a EXECUTE FUNCTION f(); ALTER TABLE a DISABLE TRIGGER t;"
            "CREATE TEMP TABLE mine (); CREATE TRIGGER t AFTER INSERT ON mine EXECUTE FUNCTION f()"),
      IsEmpty());
}

TEST_F(carriers_pgtest, each_is_told_by_name) {
  EXPECT_THAT(
      after("CREATE TRIGGER t AFTER INSERT ON a EXECUTE FUNCTION f();"
            "CREATE CONSTRAINT TRIGGER d AFTER INSERT ON a DEFERRABLE FOR EACH ROW EXECUTE FUNCTION f();"
            "CREATE RULE u AS ON UPDATE TO b DO ALSO NOTHING;"
            "ALTER TABLE b ADD CONSTRAINT k FOREIGN KEY (a) REFERENCES a ON DELETE SET NULL;"
            "CREATE TABLE heir () INHERITS (a);"
            "ALTER TABLE b ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY; CREATE POLICY p ON b USING "
            "(true)"),
      ElementsAre("deferrable trigger d on public.a",
                  "foreign key k of public.b to public.a, on delete set null, on update no action",
                  "inheritance of public.heir from public.a", "policy p on public.b",
                  "row security of public.b, forced", "rule u on public.b", "trigger t on public.a"));
}

TEST_F(carriers_pgtest, those_of_partitions_are_of_their_root) {
  EXPECT_THAT(after("CREATE TRIGGER t AFTER INSERT ON r1 FOR EACH ROW EXECUTE FUNCTION f();"
                    "CREATE TRIGGER u AFTER INSERT ON r FOR EACH ROW EXECUTE FUNCTION f();"
                    "ALTER TABLE b ADD CONSTRAINT k FOREIGN KEY (a) REFERENCES r ON DELETE CASCADE"),
              ElementsAre("foreign key k of public.b to public.r, on delete cascade, on update no action",
                          "trigger t on public.r", "trigger u on public.r"));
}

TEST_F(carriers_pgtest, says_which_transaction_made_it) {
  c_.query_simple("BEGIN");
  const auto xid = c_.query("SELECT txid_current()").u64(0, 0);
  (void)after("CREATE TRIGGER t AFTER INSERT ON a EXECUTE FUNCTION f()");
  c_.query_simple("COMMIT");
  const auto all = load_carriers(c_);
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].xid, static_cast<std::uint32_t>(xid));
}

}  // namespace
}  // namespace pgtandem::catalog
