// Keys: equal rows have equal keys whatever session captured them, and different rows different ones.
#include <algorithm>

#include "protocol/catalog/image_fixture.h"
#include "protocol/change/json_scan.h"

namespace pgtandem::catalog {
namespace {

class keys : public testing::Test {
 protected:
  keys() : c_(test_support::shared_cluster().conninfo(database())) {
    c_.query_simple("DROP SCHEMA public CASCADE; CREATE SCHEMA public; CREATE EXTENSION citext");
  }
  static const std::string& database() {
    static const std::string name = test_support::shared_cluster().fresh_database();
    return name;
  }
  key_column single_key(const std::string& type) {
    c_.query_simple("DROP TABLE IF EXISTS t; CREATE TABLE t(k " + type + " PRIMARY KEY)");
    return load_one(c_, "public", "t").key.at(0);
  }
  std::vector<std::string> key_of(const relation& r) {
    std::vector<std::string> names;
    for (const auto& k : r.key) names.push_back(r.columns[k.column].name);
    return names;
  }
  client::connection c_;
};

TEST_F(keys, one_text_per_value_under_every_setting) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"timestamptz", "'2024-01-01 12:00:00+02'"},
      {"timestamptz", "'infinity'"},
      {"timestamptz", "'0044-03-15 00:00:00+00 BC'"},
      {"timestamp", "'0044-03-15 01:02:03 BC'"},
      {"date", "'2024-02-29'"},
      {"bytea", R"('\x00ff5c41')"},
      {"money", "'1.50'::text::money"},
      {"text", "E'a\\\\ \\t\"'"},
      {"inet", "'10.0.0.1/32'"},
      {"numeric", "1.500"},
      {"char(5)", "'a'"},
      {"float8", "-0.0"},
      {"float8", "1.0/3"},
      {"float8", "'NaN'"},
      {"float8", "1e300"},
      {"real", "'-0'"},
      {"real", "1.0/3"},
      {"real", "1e-40"},
      {"time", "'24:00:00'"}};
  for (const auto& [type, value] : cases) {
    c_.query_simple(fmt::format(
        "DROP TABLE IF EXISTS t; CREATE TABLE t(k {} PRIMARY KEY); INSERT INTO t VALUES ({})", type, value));
    const auto r = load_one(c_, "public", "t");
    EXPECT_TRUE(change::key_is_canonical(r)) << type;
    std::vector<std::string> found;
    for (const auto& settings :
         {std::string(), std::string(pin_settings_sql()), std::string(hostile_settings)}) {
      client::connection session(test_support::shared_cluster().conninfo(database()));
      if (!settings.empty()) session.query_simple(settings);
      const auto rows = session.query_simple(
          fmt::format("SELECT {} FROM public.t AS t", image_expression(r, "t", image_form::plain)));
      const auto image = to_image(rows, 0, r).value();
      found.push_back(change::make_key(image, r).value());
      // The key finds its row again, as deletes do.
      client::connection own(test_support::shared_cluster().conninfo(database()));
      own.query_simple(std::string(pin_settings_sql()));
      EXPECT_EQ(own.query(fmt::format(
                              "SELECT FROM public.t JOIN json_to_recordset($1::json) AS r({}) ON t.k {} r.k",
                              recordset_columns(r, true), r.key[0].equality),
                          {"[" + found.back() + "]"})
                    .rows(),
                1)
          << type << " " << found.back();
    }
    EXPECT_EQ(std::count(found.begin(), found.end(), found[0]), 3)
        << type << ": " << found[0] << " " << found[2];
  }
}

TEST_F(keys, the_zeros_of_floats_are_one) {
  for (const char* type : {"float8", "real"}) {
    c_.query_simple(fmt::format(
        "DROP TABLE IF EXISTS t; CREATE TABLE t(k {0} PRIMARY KEY); INSERT INTO t VALUES ('-0')", type));
    const auto r = load_one(c_, "public", "t");
    const auto key = [&] {
      const auto rows =
          c_.query_simple(fmt::format("SELECT {} FROM t", image_expression(r, "t", image_form::plain)));
      return change::make_key(to_image(rows, 0, r).value(), r);
    };
    const auto negative = key();
    c_.query_simple("UPDATE t SET k = 0 WHERE k = 0");
    EXPECT_EQ(key(), negative);
  }
}

// Whatever the server calls equal has to be alike, in its own collation and in others.
TEST_F(keys, strings_that_citext_calls_equal_are_alike) {
  c_.query_simple("CREATE TABLE t(k citext PRIMARY KEY)");
  const auto r = load_one(c_, "public", "t");
  const auto like = [&](std::string_view text) {
    std::string key = R"({"k":)";
    change::append_json_string(key, text);
    return change::key_likeness(key + "}", r.key).value();
  };
  const auto rows = c_.query_simple(
      "SELECT a.c, b.c FROM (SELECT chr(i) AS c FROM generate_series(1, 1200) i WHERE i <> 127"
      "  UNION ALL SELECT chr(i) FROM generate_series(7680, 8500) i) AS a"
      " JOIN (SELECT chr(i) AS c FROM generate_series(1, 126) i) AS b"
      " ON a.c::citext = b.c::citext OR lower(a.c COLLATE \"tr-x-icu\") = lower(b.c COLLATE \"tr-x-icu\")");
  EXPECT_GT(rows.rows(), 126);
  for (int i = 0; i < rows.rows(); ++i)
    EXPECT_EQ(like(rows.at(i, 0)), like(rows.at(i, 1))) << rows.at(i, 0) << " and " << rows.at(i, 1);
}

TEST_F(keys, equality_that_text_does_not_show_is_opaque) {
  for (const char* type : {"interval", "timetz", "int4range", "jsonb", "int[]"}) {
    EXPECT_EQ(single_key(type).form, key_form::opaque) << type;
  }
  for (const char* type :
       {"int", "bigint", "text", "varchar(5)", "uuid", "boolean", "bit(3)", "\"name\"", "macaddr"}) {
    EXPECT_EQ(single_key(type).form, key_form::bytewise) << type;
  }
  EXPECT_EQ(single_key("numeric(10,2)").form, key_form::numeric);
  EXPECT_EQ(single_key("float8").form, key_form::floating);
  EXPECT_EQ(single_key("real").form, key_form::floating);
  EXPECT_EQ(single_key("citext").form, key_form::caseless);
  EXPECT_EQ(single_key("char(3)").form, key_form::bpchar);
  c_.query_simple("CREATE COLLATION ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false)");
  EXPECT_EQ(single_key("text COLLATE ci").form, key_form::opaque);
  EXPECT_EQ(single_key("citext").equality, "OPERATOR(\"public\".=)");
  EXPECT_EQ(single_key("int").equality, "OPERATOR(\"pg_catalog\".=)");
}

TEST_F(keys, the_primary_key_else_the_smallest_usable_index) {
  c_.query_simple(R"(
    CREATE TABLE pk(a int UNIQUE NOT NULL, b int, c int, PRIMARY KEY (c, b));
    CREATE TABLE uq(a int NOT NULL, b int NOT NULL, c int NOT NULL, UNIQUE (a, b));
    CREATE UNIQUE INDEX z_one ON uq(c);
    CREATE UNIQUE INDEX a_one ON uq(b) INCLUDE (a);)");
  EXPECT_EQ(key_of(load_one(c_, "public", "pk")), (std::vector<std::string>{"c", "b"}));
  EXPECT_EQ(key_of(load_one(c_, "public", "uq")), (std::vector<std::string>{"b"}));
}

TEST_F(keys, unusable_indexes_make_no_key) {
  for (const char* definition : {"a int", "a int UNIQUE", "a int NOT NULL, EXCLUDE (a WITH =)",
                                 "a int PRIMARY KEY DEFERRABLE", "a int NOT NULL UNIQUE DEFERRABLE"}) {
    c_.query_simple(fmt::format("DROP TABLE IF EXISTS t; CREATE TABLE t({})", definition));
    const auto r = load_one(c_, "public", "t");
    EXPECT_TRUE(r.key.empty()) << definition;
    EXPECT_EQ(r.refusals.size(), 1U) << definition;
  }
  for (const char* index : {"(a) WHERE a > 0", "(abs(a))", "(a, abs(a))", "(a, b)"}) {
    c_.query_simple(fmt::format(
        "DROP TABLE IF EXISTS t; CREATE TABLE t(a int NOT NULL, b int); CREATE UNIQUE INDEX ON t {}", index));
    EXPECT_TRUE(load_one(c_, "public", "t").key.empty()) << index;
  }
}

TEST_F(keys, an_index_that_is_not_valid_is_no_key) {
  c_.query_simple("CREATE TABLE t(a int NOT NULL); INSERT INTO t VALUES (1), (1)");
  EXPECT_THROW(c_.query_simple("CREATE UNIQUE INDEX CONCURRENTLY broken ON t(a)"), client::pg_error);
  EXPECT_TRUE(load_one(c_, "public", "t").key.empty());
}

}  // namespace
}  // namespace pgtandem::catalog
