#include "protocol/catalog/shape.h"

#include <gmock/gmock.h>

#include "protocol/catalog/image_fixture.h"

namespace pgtandem::catalog {
namespace {

using testing::IsEmpty;

class shape : public testing::Test {
 protected:
  shape() : c_(test_support::shared_cluster().conninfo(test_support::shared_cluster().fresh_database())) {
    c_.query_simple(R"(
      CREATE TYPE pair AS (a int, b int);
      CREATE TABLE t (id int PRIMARY KEY, n numeric(10,2), v text COLLATE "C", p pair, g int GENERATED ALWAYS AS (1) STORED);
      CREATE TABLE r (id int PRIMARY KEY, "odd name" text) PARTITION BY RANGE (id);
      CREATE TABLE r1 PARTITION OF r FOR VALUES FROM (0) TO (10);
      SET search_path = pg_catalog)");
  }
  std::vector<std::string> of(const std::string& table) {
    const auto oid = c_.query("SELECT $1::regclass::oid", {"public." + table}).u64(0, 0);
    const auto found = load_shapes(c_, {oid_t{static_cast<std::uint32_t>(oid)}});
    return found.empty() ? std::vector<std::string>{} : found.begin()->second.lines;
  }
  client::connection c_;
};

TEST_F(shape, changes_with_what_decides_how_rows_are_read) {
  for (const std::string table : {"t", "r"}) {
    for (const char* action :
         {"ADD COLUMN more int", "ALTER more TYPE bigint", "RENAME more TO less", "DROP less"}) {
      const auto before = of(table);
      c_.query_simple("ALTER TABLE public." + table + " " + action);
      EXPECT_NE(describe_alteration(before, of(table)), "") << action;
    }
  }
  for (const auto& [table, sql] : std::initializer_list<std::pair<std::string, std::string>>{
           {"t", "ALTER TABLE public.t ALTER n TYPE numeric(12,2)"},
           {"t", "ALTER TABLE public.t ALTER v TYPE text COLLATE \"POSIX\""},
           {"t", "ALTER TABLE public.t ALTER g DROP EXPRESSION"},
           {"t", "ALTER TYPE public.pair ADD ATTRIBUTE c int"},
           {"t", "ALTER TABLE public.t DROP CONSTRAINT t_pkey"},
           {"t", "ALTER TABLE public.t ADD UNIQUE (id)"},
           {"t", "DROP TABLE public.t; CREATE TABLE public.t (id int PRIMARY KEY)"},
           {"r", "CREATE TABLE public.r2 PARTITION OF public.r FOR VALUES FROM (10) TO (20)"},
           {"r", "ALTER TABLE public.r DETACH PARTITION public.r1"}}) {
    const auto before = of(table);
    c_.query_simple(sql);
    EXPECT_NE(describe_alteration(before, of(table)), "") << sql;
  }
}

TEST_F(shape, stays_with_what_does_not) {
  const auto before = of("t");
  c_.query_simple(
      "ALTER TABLE public.t ALTER n SET DEFAULT 1, ALTER n SET NOT NULL, ADD CHECK (n > 0); CREATE INDEX ON "
      "public.t (n); "
      "ALTER TABLE public.t SET (fillfactor = 50), ALTER v SET STATISTICS 1; GRANT SELECT ON public.t TO "
      "public");
  EXPECT_EQ(of("t"), before);
}

TEST_F(shape, of_what_does_not_exist_is_none) {
  EXPECT_THAT(load_shapes(c_, {oid_t{1}}), IsEmpty());
  EXPECT_THAT(load_shapes(c_, {}), IsEmpty());
}

}  // namespace
}  // namespace pgtandem::catalog
