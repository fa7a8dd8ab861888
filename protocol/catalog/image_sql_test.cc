#include "protocol/catalog/image_sql.h"

#include <gtest/gtest.h>

#include <regex>

namespace pgtandem::catalog {
namespace {

column make(const std::string& name, const std::string& type, column_form form, bool unbounded = false) {
  column c;
  c.name = name;
  c.type = type;
  c.form = form;
  c.unbounded = unbounded;
  return c;
}

TEST(quote, identifiers_and_literals) {
  EXPECT_EQ(quote_identifier("a\"b"), "\"a\"\"b\"");
  EXPECT_EQ(qualified_name({"S", "t t"}), "\"S\".\"t t\"");
  EXPECT_EQ(quote_literal("it's"), "'it''s'");
  EXPECT_EQ(quote_literal(R"(a\'b)"), R"(E'a\\''b')");
}

TEST(image_expression, a_table_of_plain_types_has_neither_overlay_nor_guard_of_size) {
  relation r;
  r.columns = {make("id", "integer", column_form::json)};
  EXPECT_EQ(image_expression(r, "t", image_form::plain),
            "CASE WHEN pg_catalog.pg_client_encoding() OPERATOR(pg_catalog.=) 'UTF8' THEN "
            "pg_catalog.concat('J', t.tableoid, ' ', pg_catalog.row_to_json(t.*)) END");
  EXPECT_EQ(
      image_expression(r, "t", image_form::pinned),
      "pg_catalog.concat('B', pg_catalog.encode(pg_catalog.convert_to(pg_catalog.concat(t.tableoid, ' ', "
      "pg_catalog.row_to_json(t.*)), 'UTF8'), 'base64'))");
}

TEST(key_expression, names_the_columns_of_the_key_in_its_order_and_no_other) {
  relation r;
  r.columns = {make("a", "integer", column_form::json), make("v", "text", column_form::json, true),
               make("f", "real", column_form::float4)};
  r.key = {{.column = 2}, {.column = 0}};
  const auto sql = key_expression(r, "t", image_form::plain);
  EXPECT_NE(sql.find(R"((SELECT pg_catalog.row_to_json("row".*) FROM (SELECT t."f", t."a") AS "row"))"),
            std::string::npos)
      << sql;
  EXPECT_EQ(sql.find("\"v\""), std::string::npos) << sql;
  EXPECT_NE(sql.find("float4send"), std::string::npos) << sql;
  const relation part = key_part(r);
  ASSERT_EQ(part.columns.size(), 2U);
  EXPECT_EQ(part.columns[part.key[0].column].name, "f");
  EXPECT_EQ(part.columns[part.key[1].column].name, "a");
}

TEST(image_expression, is_ascii_whatever_the_columns_are_called) {
  relation r;
  r.columns = {make("größe \"\\ 😀", "real", column_form::float4),
               make("ü", "\"char\"", column_form::char_code)};
  r.columns[1].apart = true;
  for (const auto form : {image_form::plain, image_form::pinned}) {
    const auto sql = image_expression(r, "t", form);
    EXPECT_TRUE(
        std::all_of(sql.begin(), sql.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; }));
    EXPECT_NE(sql.find(R"(t.U&"gr\+0000F6\+0000DFe ""\\ \+01F600")"), std::string::npos) << sql;
    EXPECT_NE(sql.find(R"(E'gr\U000000F6\U000000DFe "\\ \U0001F600')"), std::string::npos) << sql;
  }
}

// A function or operator found by search_path would let a session decide what an image says.
TEST(image_expression, every_function_and_operator_is_qualified) {
  relation r;
  r.columns = {make("f4", "real", column_form::float4),
               make("f8", "double precision", column_form::float8),
               make("i", "interval", column_form::interval),
               make("m", "money", column_form::money),
               make("j", "jsonb", column_form::text, true),
               make("d", "date[]", column_form::text, true),
               make("at", "timestamp with time zone", column_form::text),
               make("b", "bytea", column_form::text, true),
               make("t", "text", column_form::json, true)};
  r.columns[4].needs = needs_every_text_setting;
  r.columns[6].apart = true;
  for (const auto form : {image_form::plain, image_form::pinned}) {
    const auto sql = image_expression(r, "\"x y\"", form);
    const std::regex call(R"(([A-Za-z_.0-9]+)\()");
    for (std::sregex_iterator it(sql.begin(), sql.end(), call), end; it != end; ++it) {
      const std::string name = (*it)[1];
      const bool syntax = name == "CAST" || name == "COALESCE" || name == "OPERATOR";
      EXPECT_TRUE(syntax || name.starts_with("pg_catalog.")) << name;
    }
    auto rest = std::regex_replace(
        sql, std::regex(R"(OPERATOR\(pg_catalog\.[^)]*\)|E?'[^']*'|"[^"]*"\.\*|\[\])"), "");
    EXPECT_EQ(rest.find_first_of("<>=+~|*-"), std::string::npos) << rest;
    // What is not a type is an alias of its own.
    const std::regex unqualified(
        "AS (?!pg_catalog|\"row\"|pgtandem_settings|extra_float_digits|DateStyle|IntervalStyle|lc_monetary)");
    EXPECT_FALSE(std::regex_search(sql, unqualified)) << sql;
  }
}

TEST(recordset, json_is_read_as_text) {
  relation r;
  r.columns = {make("id", "bigint", column_form::json), make("doc", "jsonb", column_form::text),
               make("tags", "text[]", column_form::text)};
  r.columns.push_back(make("d", "public.doc", column_form::text));
  r.columns.back().base_type = "json";
  r.key = {key_column{}};
  EXPECT_EQ(recordset_columns(r, false), R"("id" bigint, "doc" text, "tags" text[], "d" text)");
  EXPECT_EQ(recordset_columns(r, true), R"("id" bigint)");
  EXPECT_EQ(column_value(r.columns[0], "r"), R"(r."id")");
  EXPECT_EQ(column_value(r.columns[1], "r"), R"(CAST(r."doc" AS jsonb))");
  EXPECT_EQ(column_value(r.columns[3], "r"), R"(CAST(r."d" AS public.doc))");
}

}  // namespace
}  // namespace pgtandem::catalog
