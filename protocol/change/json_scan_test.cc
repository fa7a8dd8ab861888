#include "protocol/change/json_scan.h"

#include <gtest/gtest.h>

namespace pgtandem::change {
namespace {

bool is_value(std::string_view text) {
  json_scanner scanner{text};
  if (!scanner.skip_value()) return false;
  scanner.skip_space();
  return scanner.at_end();
}

TEST(json_scan, takes_every_form_that_json_has) {
  for (const std::string_view text :
       {"0", "-0", "-12.50", "1e400", "1E-7", "12345678901234567890123456789.000", "true", "false", "null",
        "\"\"", "\"\\u00e9\\\"\\\\\\/\\b\"", "{}", "[]", " [ ] ", "{ }", "[[],{}]",
        "{\"a\":{\"b\":[1,{\"c\":null}]},\"a\":2}", " {\n\t\"a\" :\r 1 , \"b\" : [ 1 , 2 ] } \n", "\"{[\""})
    EXPECT_TRUE(is_value(text)) << text;
}

TEST(json_scan, refuses_what_is_not_json) {
  for (const std::string_view text : {"",
                                      " ",
                                      "01",
                                      "-",
                                      "1.",
                                      ".5",
                                      "1e",
                                      "+1",
                                      "tru",
                                      "nul",
                                      "\"",
                                      "\"\\x\"",
                                      "\"\\u12g4\"",
                                      "\"a\nb\"",
                                      "{",
                                      "}",
                                      "[",
                                      "]",
                                      "[1",
                                      "[1,",
                                      "[1,]",
                                      "[,1]",
                                      "{\"a\"}",
                                      "{\"a\":}",
                                      "{\"a\":1,}",
                                      "{a:1}",
                                      "{\"a\":1",
                                      "[1}",
                                      "{\"a\":1]",
                                      "[1 2]",
                                      "{\"a\":1 \"b\":2}",
                                      "1 2",
                                      "\"\\"})
    EXPECT_FALSE(is_value(text)) << text;
}

TEST(json_scan, nesting_is_bounded_by_memory_only) {
  const std::size_t depth = 1'000'000;
  std::string text;
  for (std::size_t i = 0; i < depth; ++i) text += "[{\"a\":";
  text += "1";
  for (std::size_t i = 0; i < depth; ++i) text += "}]";
  EXPECT_TRUE(is_value(text));
  text.pop_back();
  EXPECT_FALSE(is_value(text));
}

TEST(json_scan, strings_survive_escaping) {
  std::string all;
  for (int c = 1; c < 0x80; ++c) all.push_back(static_cast<char>(c));
  all += "\xc3\xa9\xf0\x9f\x98\x80";
  std::string token;
  append_json_string(token, all);
  EXPECT_TRUE(is_value(token));
  EXPECT_EQ(unescape_json(token), all);
  token.clear();
  append_json_string(token, "\x01\x1f\n\"\\/");
  EXPECT_EQ(token, R"("\u0001\u001f\n\"\\/")");
}

TEST(json_scan, unicode_escapes_become_utf8) {
  EXPECT_EQ(unescape_json(R"("\u0041\u00e9\u20AC\ud83d\ude00")"), "A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
  for (const std::string_view token : {R"("\ud83d")", R"("\ude00")", R"("\ud83dx")", R"("\ud83d\u0041")",
                                       R"("\u0000")", R"("\u12")", "\"", "", "abc", R"("\)", R"("a\")"})
    EXPECT_EQ(unescape_json(token), std::nullopt) << token;
}

}  // namespace
}  // namespace pgtandem::change
