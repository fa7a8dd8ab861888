// Rows near the limits of what one value can hold: imaged, or NULL, but never an error in the client's
// transaction.
#include "protocol/catalog/image_fixture.h"

namespace pgtandem::catalog {
namespace {

class image_guard : public testing::Test {
 protected:
  image_guard() : c_(test_support::shared_cluster().conninfo(database())) {
    c_.query_simple("DROP TABLE IF EXISTS big, copy");
  }
  static const std::string& database() {
    static const std::string name = test_support::shared_cluster().fresh_database();
    return name;
  }
  // Length of the image of the only row, nullopt for NULL.
  std::optional<std::uint64_t> image_length(const relation& r, image_form form = image_form::plain) {
    const auto rows = c_.query_simple(fmt::format("SELECT pg_catalog.octet_length({}) FROM {} AS b",
                                                  image_expression(r, "b", form), qualified_name(r.name)));
    if (rows.is_null(0, 0)) return std::nullopt;
    return rows.u64(0, 0);
  }
  client::connection c_;
};

TEST_F(image_guard, a_hundred_megabytes_of_bytea_in_the_widest_output_are_imaged) {
  c_.query_simple(
      "CREATE TABLE big(id int PRIMARY KEY, b bytea); ALTER TABLE big ALTER b SET STORAGE EXTERNAL");
  c_.query_simple("INSERT INTO big SELECT 1, decode(repeat('01ff', 50000000), 'hex')");
  const auto r = load_one(c_, "public", "big");
  c_.query_simple("SET bytea_output = escape");
  EXPECT_GT(image_length(r), 400'000'000U);
  EXPECT_GT(image_length(r, image_form::pinned), 500'000'000U);
}

TEST_F(image_guard, just_below_the_limits_what_json_escapes_most_still_fits) {
  c_.query_simple("CREATE TABLE big(id int PRIMARY KEY, t text)");
  const auto r = load_one(c_, "public", "big");
  c_.query_simple("INSERT INTO big SELECT 1, repeat(E'\\x01', 149999999)");
  EXPECT_TRUE(image_length(r));
  c_.query_simple("UPDATE big SET t = repeat(E'\\x01', 129999999)");
  EXPECT_TRUE(image_length(r, image_form::pinned));
}

TEST_F(image_guard, rows_beyond_the_limit_are_null_and_do_not_fail) {
  c_.query_simple("CREATE TABLE big(id int PRIMARY KEY, a text, b text, j jsonb, l text[])");
  const auto r = load_one(c_, "public", "big");
  // Together beyond 1 GB: no expression may even put the row together.
  c_.query_simple("INSERT INTO big SELECT 1, repeat('x', 600000000)");
  c_.query_simple("UPDATE big SET b = repeat('x', 600000000)");
  EXPECT_EQ(image_length(r), std::nullopt);
  c_.query_simple("UPDATE big SET a = NULL, b = NULL, j = to_jsonb(repeat('x', 120000000))");
  EXPECT_EQ(image_length(r), std::nullopt);
  c_.query_simple("UPDATE big SET j = NULL, l = ARRAY[repeat(E'\\x01', 80000000)]");
  EXPECT_EQ(image_length(r), std::nullopt);
  c_.query_simple("UPDATE big SET l = ARRAY['x'], a = 'y'");
  EXPECT_TRUE(image_length(r));
}

TEST_F(image_guard, the_guard_reads_nothing_from_toast) {
  c_.query_simple(
      "CREATE TABLE big(id int PRIMARY KEY, t text, b bytea); ALTER TABLE big ALTER t SET STORAGE EXTERNAL, "
      "ALTER b SET STORAGE EXTERNAL");
  c_.query_simple("INSERT INTO big SELECT 1, repeat('x', 100000000), decode(repeat('00', 60000000), 'hex')");
  c_.query_simple("VACUUM big");
  const auto r = load_one(c_, "public", "big");
  const auto toast_reads = [&] {
    client::connection fresh(test_support::shared_cluster().conninfo(database()));
    return fresh
        .query_simple(
            "SELECT coalesce(sum(toast_blks_read + toast_blks_hit), 0) FROM pg_statio_user_tables WHERE "
            "relname = 'big'")
        .u64(0, 0);
  };
  {
    client::connection once(test_support::shared_cluster().conninfo(database()));
    once.query_simple("SELECT 1");
  }
  const auto before = toast_reads();
  {
    client::connection reader(test_support::shared_cluster().conninfo(database()));
    const auto rows = reader.query_simple(
        fmt::format("SELECT {} FROM big AS b", image_expression(r, "b", image_form::plain)));
    EXPECT_TRUE(rows.is_null(0, 0));
  }
  EXPECT_EQ(toast_reads(), before);
}

TEST_F(image_guard, more_inexact_columns_than_a_function_takes_arguments) {
  std::string columns;
  std::string values;
  for (int i = 0; i < 300; ++i) {
    columns += fmt::format(", c{} {}", i, i % 2 == 0 ? "float8" : "jsonb");
    values += i % 2 == 0 ? ", 0.1" : ", 'null'";
  }
  c_.query_simple(
      fmt::format("CREATE TABLE big(id int PRIMARY KEY{}); INSERT INTO big VALUES (1{}); CREATE TABLE "
                  "copy(LIKE big INCLUDING ALL)",
                  columns, values));
  const auto r = load_one(c_, "public", "big");
  const auto images = capture(c_, r, image_form::plain, "id");
  c_.query_simple(std::string(pin_settings_sql()));
  insert_images(c_, load_one(c_, "public", "copy"), {images.at(0).value()});
  EXPECT_EQ(
      c_.query_simple("SELECT count(*) FROM public.big b JOIN public.copy c ON b::text = c::text").u64(0, 0),
      1U);
}

// As the proxy uses it, in the statements it rewrites.
TEST_F(image_guard, returning_takes_the_expression_in_every_kind_of_statement) {
  c_.query_simple(
      "CREATE TABLE big(id int PRIMARY KEY, t text, at timestamptz DEFAULT now(), g int GENERATED ALWAYS AS "
      "(id * 2) STORED)");
  const auto r = load_one(c_, "public", "big");
  c_.query_simple(std::string(hostile_settings));
  const auto run = [&](const std::string& sql, const std::string& alias) {
    const auto rows = c_.query_simple(sql + " RETURNING " + image_expression(r, alias, image_form::plain));
    EXPECT_EQ(rows.rows(), 1) << sql;
    return to_image(rows, 0, r).value();
  };
  EXPECT_NE(run("INSERT INTO public.big VALUES (1, 'a')", "big").find("\"g\":2"), std::string::npos);
  EXPECT_NE(
      run("INSERT INTO public.big AS b VALUES (1, 'b') ON CONFLICT (id) DO UPDATE SET t = EXCLUDED.t", "b")
          .find("\"t\":\"b\""),
      std::string::npos);
  EXPECT_NE(
      run("UPDATE public.big AS \"B x\" SET t = 'c' FROM (SELECT 1) AS o", "\"B x\"").find("\"t\":\"c\""),
      std::string::npos);
  EXPECT_NE(run("DELETE FROM public.big AS d USING (SELECT 1) AS o", "d").find("\"t\":\"c\""),
            std::string::npos);
}

}  // namespace
}  // namespace pgtandem::catalog
