#include "protocol/change/image.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pgtandem::change {
namespace {

using catalog::column_form;
using catalog::key_form;

catalog::relation table(std::vector<catalog::column> columns, std::vector<catalog::key_column> key = {}) {
  catalog::relation r;
  r.columns = std::move(columns);
  r.key = std::move(key);
  return r;
}

catalog::column column(std::string name, column_form form = column_form::json) {
  catalog::column c;
  c.name = std::move(name);
  c.form = form;
  return c;
}

std::optional<std::string> image(std::string_view captured, const catalog::relation& r) {
  const auto split = split_captured(captured);
  return split ? make_image(*split, r) : std::nullopt;
}

TEST(split_captured, finds_the_three_parts) {
  for (const std::string_view text : {R"(J16384 {"a":"}{"}{"a":null})", R"(16384 {"a":"}{"}{"a":null})"}) {
    const auto got = split_captured(text);
    ASSERT_TRUE(got);
    EXPECT_EQ(got->tableoid, oid_t{16384});
    EXPECT_EQ(got->row, R"({"a":"}{"})");
    EXPECT_EQ(got->overlay, R"({"a":null})");
  }
  const auto bare = split_captured(R"(J4294967295 {"j":{"x": [1,
 2]}})");
  ASSERT_TRUE(bare);
  EXPECT_EQ(bare->tableoid.value, 4294967295U);
  EXPECT_EQ(bare->overlay, "");
}

TEST(split_captured, refuses_anything_else) {
  for (const std::string_view text :
       {"", "J", "J1", "J1 ", "J 1 {}", "J1  {}", "J1{}", "J-1 {}", "J4294967296 {}", "JJ1 {}", "J1 {} {}",
        "J1 {}{", "J1 {}[]", "J1 []", "J1 {}{}{}", "J1 {\"a\":1", "Bxx", "J1 {}x"})
    EXPECT_EQ(split_captured(text).has_value(), false) << text;
}

TEST(base64, as_encode_prints_it) {
  EXPECT_EQ(decode_base64(""), "");
  EXPECT_EQ(decode_base64("YQ=="), "a");
  EXPECT_EQ(decode_base64("YWI="), "ab");
  EXPECT_EQ(decode_base64("YWJj\nYWJj"), "abcabc");
  EXPECT_EQ(decode_base64("AP/+\n"), std::string_view("\0\xff\xfe", 3));
  for (const std::string_view text :
       {"Y", "YQ", "YQ=", "YQ===", "=", "====", "YQ==YQ==", "Y*==", "YWJjY", "Y==="})
    EXPECT_EQ(decode_base64(text), std::nullopt) << text;
}

TEST(json_members, keeps_tokens_as_they_are) {
  const auto got = json_members(" { \"a\\u0062\" : 1.50 , \"a\" : [1, {\"b\":2}] , \"a\":\"x\" } ");
  ASSERT_TRUE(got);
  ASSERT_EQ(got->size(), 3U);
  EXPECT_EQ((*got)[0].name, "\"a\\u0062\"");
  EXPECT_EQ((*got)[0].value, "1.50");
  EXPECT_EQ((*got)[1].value, "[1, {\"b\":2}]");
  EXPECT_EQ((*got)[2].name, "\"a\"");
  EXPECT_TRUE(json_members("{}")->empty());
  for (const std::string_view text :
       {"", "{", "[]", "{}x", "{\"a\":1,}", "{\"a\"}", "{,}", "1", "{\"a\":1}}"})
    EXPECT_EQ(json_members(text).has_value(), false) << text;
}

TEST(make_image, appends_exact_text_for_inexact_columns) {
  const auto r = table({column("id"), column("f", column_form::float8), column("j", column_form::text),
                        column("i", column_form::interval), column("m", column_form::money),
                        column("s", column_form::float4)});
  EXPECT_EQ(
      image(R"(J7 {"id":1,"f":0.1,"j":null,"i":"P1D","m":"$1.00","s":1}{"f":"3fb999999999999a","j":"null",)"
            R"("i":"00000000000000000000000100000000","m":"0000000000000064","s":null})",
            r),
      R"({"id":1,"f":0.1,"j":null,"i":"P1D","m":"$1.00","s":1,"f":"0.1","j":"null","i":"+1 days","m":"1.00","s":null})");
}

TEST(make_image, keeps_a_row_without_overlay_byte_for_byte) {
  const auto r = table({column("id"), column("n"), column("d")});
  const std::string row = "{\"id\":1,\"n\":12345678901234567890.1234567890,\"d\":{\"a\": 1,\n \"a\":1}}";
  EXPECT_EQ(image("J7 " + row, r), row);
}

TEST(make_image, names_with_any_character) {
  const auto r = table({column("a\"b\\c\nd"), column("\xc3\xa9 ,}", column_form::text)});
  EXPECT_EQ(image("J7 {\"a\\\"b\\\\c\\nd\":1,\"\xc3\xa9 ,}\":[]}{\"\xc3\xa9 ,}\":\"[0:0]={}\"}", r),
            "{\"a\\\"b\\\\c\\nd\":1,\"\xc3\xa9 ,}\":[],\"\xc3\xa9 ,}\":\"[0:0]={}\"}");
}

TEST(make_image, infinite_intervals_are_what_legacy_calls_them) {
  const auto r = table({column("i", column_form::interval)});
  const std::string overlay = R"({"i":"7fffffffffffffff7fffffff7fffffff"})";
  EXPECT_EQ(image(R"(J7 {"i":"infinity"})" + overlay, r), R"({"i":"infinity","i":"infinity"})");
  EXPECT_EQ(image(R"(J7 {"i":"P"})" + overlay, r),
            R"({"i":"P","i":"+2147483647 mons +2147483647 days +2562047788:00:54.775807"})");
}

TEST(make_image, refuses_rows_of_another_shape) {
  const auto r = table({column("id"), column("f", column_form::float8)});
  const std::string good = R"(J7 {"id":1,"f":2}{"f":"4000000000000000"})";
  EXPECT_TRUE(image(good, r));
  for (const std::string_view text :
       {R"(J7 {"id":1,"f":2})",                                   // the exact value is missing
        R"(J7 {"id":1}{"f":"4000000000000000"})",                 // a column is missing
        R"(J7 {"id":1,"f":2,"x":3}{"f":"4000000000000000"})",     // a column is new
        R"(J7 {"id":1,"g":2}{"f":"4000000000000000"})",           // a column was renamed
        R"(J7 {"id":1,"id":1}{"f":"4000000000000000"})",          // twice
        R"(J7 {"id":1,"f":2}{"f":2})",                            // not a string
        R"(J7 {"id":1,"f":2}{"f":"40000000"})",                   // not of the type
        R"(J7 {"id":1,"f":2}{"id":"1","f":"4000000000000000"})",  // not an overlay column
        R"(J7 {"id":1,"f":2}{"f":"4000000000000000","f":"4000000000000000"})"})
    EXPECT_EQ(image(text, r), std::nullopt) << text;
}

TEST(make_image, generated_columns_need_not_be_exact) {
  auto r = table({column("id"), column("g", column_form::float8)});
  r.columns[1].generated = true;
  EXPECT_EQ(image(R"(J7 {"id":1,"g":2})", r), R"({"id":1,"g":2})");
}

TEST(make_key, in_key_order_with_the_last_member) {
  const auto r = table({column("a"), column("b", column_form::text), column("c")}, {{2}, {1}});
  EXPECT_EQ(make_key(R"({"a":1,"b":"no","c":3,"b":"yes"})", r), R"({"c":3,"b":"yes"})");
  EXPECT_EQ(make_key(R"({"a":1,"b":"x"})", r), std::nullopt);
  EXPECT_EQ(make_key(R"({"b":"x","c":null})", r), std::nullopt);
  EXPECT_EQ(make_key("[]", r), std::nullopt);
}

TEST(make_key, equal_numerics_are_one_key) {
  const auto r = table({column("n")}, {{0, key_form::numeric}});
  const auto key = [&](std::string token) { return make_key("{\"n\":" + token + "}", r); };
  for (const auto* one : {"1", "1.0", "1.000", "\"1.00\""}) EXPECT_EQ(key(one), R"({"n":1})");
  for (const auto* zero : {"0", "-0", "0.0", "-0.000"}) EXPECT_EQ(key(zero), R"({"n":0})");
  EXPECT_EQ(key("-0.010"), R"({"n":-0.01})");
  EXPECT_EQ(key("100"), R"({"n":100})");
  EXPECT_EQ(key("\"NaN\""), R"({"n":"NaN"})");
  EXPECT_EQ(key("\"-Infinity\""), R"({"n":"-Infinity"})");
  EXPECT_EQ(key("1e3"), std::nullopt);
  EXPECT_EQ(key("\"\""), std::nullopt);
}

TEST(make_key, bpchar_ignores_trailing_spaces_only) {
  const auto r = table({column("c")}, {{0, key_form::bpchar}});
  EXPECT_EQ(make_key(R"({"c":" a b  "})", r), R"({"c":" a b"})");
  EXPECT_EQ(make_key(R"({"c":"   "})", r), R"({"c":""})");
  EXPECT_EQ(make_key(R"({"c":"a\t "})", r), R"({"c":"a\t"})");
}

TEST(make_key, floats_have_one_zero) {
  const auto r = table({column("f")}, {{0, key_form::floating}});
  EXPECT_EQ(make_key(R"({"f":-0,"f":"-0"})", r), R"({"f":"0"})");
  EXPECT_EQ(make_key(R"({"f":0.1,"f":"0.1"})", r), R"({"f":"0.1"})");
  EXPECT_EQ(make_key(R"({"f":"NaN"})", r), R"({"f":"NaN"})");
}

TEST(make_key, other_keys_keep_their_text_with_one_spelling_of_escapes) {
  const auto r = table({column("k\"")}, {{0, key_form::opaque}});
  EXPECT_EQ(make_key(R"({"k\"":" a "})", r), R"({"k\"":" a "})");
  EXPECT_EQ(make_key(R"({"k\u0022":"\u0061\/\n"})", r), R"({"k\"":"a/\n"})");
  EXPECT_EQ(make_key(R"({"k\"":1.00})", r), R"({"k\"":1.00})");
  EXPECT_FALSE(key_is_canonical(r));
}

TEST(key_is_canonical, needs_a_key_without_opaque_columns) {
  EXPECT_FALSE(key_is_canonical(table({column("a")})));
  EXPECT_TRUE(
      key_is_canonical(table({column("a"), column("b")}, {{0, key_form::numeric}, {1, key_form::bpchar}})));
  EXPECT_FALSE(key_is_canonical(table({column("a"), column("b")}, {{0}, {1, key_form::opaque}})));
  EXPECT_FALSE(key_is_canonical(table({column("a")}, {{0, key_form::caseless}})));
  EXPECT_TRUE(key_is_canonical(table({column("a")}, {{0, key_form::floating}})));
}

TEST(key_likeness, of_strings_without_case_is_what_no_lower_case_changes) {
  const std::vector<catalog::key_column> k{{0, key_form::caseless}};
  const auto alike = [&](std::string_view a, std::string_view b) {
    return key_likeness(R"({"a":")" + std::string(a) + "\"}", k) ==
           key_likeness(R"({"a":")" + std::string(b) + "\"}", k);
  };
  EXPECT_TRUE(alike("Some@Example.Com", "sOME@eXAMPLE.cOM"));
  EXPECT_TRUE(alike("\u0130stanbul", "istanbul"));  // I with a dot, and i
  EXPECT_TRUE(alike("I", "\u0131"));                // I, and i without a dot: Turkish
  EXPECT_TRUE(alike("\u212aelvin", "kelvin"));      // the sign for kelvin
  EXPECT_TRUE(alike("\u00c4rger", "\u00e4rger"));   // beyond ASCII
  EXPECT_TRUE(alike("\\u0041", "a"));
  EXPECT_FALSE(alike("alice", "bob"));
  EXPECT_FALSE(alike("a1", "a2"));
  EXPECT_FALSE(alike("a b", "ab"));
}

TEST(key_likeness, of_several_columns_leaves_out_those_of_which_nothing_is_known) {
  const std::vector<catalog::key_column> k{{0}, {1, key_form::opaque}, {2, key_form::caseless}};
  const auto of = [&](std::string_view key) { return key_likeness(key, k); };
  EXPECT_EQ(of(R"({"a":1,"b":"1 day","c":"X"})"), of(R"({"a":1,"b":"24:00:00","c":"x"})"));
  EXPECT_NE(of(R"({"a":1,"b":"1 day","c":"X"})"), of(R"({"a":2,"b":"1 day","c":"X"})"));
  EXPECT_NE(of(R"({"a":1,"b":"1 day","c":"X"})"), of(R"({"a":1,"b":"1 day","c":"Y"})"));
  EXPECT_EQ(of(R"({"a":1,"b":"1 day"})"), std::nullopt);
  EXPECT_EQ(of("no object"), std::nullopt);
  EXPECT_EQ(key_likeness(R"({"b":"1 day"})", {{0, key_form::opaque}}), std::nullopt);
}

}  // namespace
}  // namespace pgtandem::change
