#include "proxy/admin/utf8.h"

#include <gtest/gtest.h>

namespace pgtandem::proxy {
namespace {

const std::string bad = "\xEF\xBF\xBD";

TEST(utf8, leaves_what_is_valid) {
  for (const char* text : {"", "plain", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x90\x98", "\xED\x9F\xBF"})
    EXPECT_EQ(valid_utf8(text), text);
  EXPECT_EQ(valid_utf8(std::string("a\0b", 3)), std::string("a\0b", 3));
}

TEST(utf8, replaces_what_is_not) {
  EXPECT_EQ(valid_utf8("caf\xE9"), "caf" + bad);                     // latin1
  EXPECT_EQ(valid_utf8("\xC3"), bad);                                // cut off
  EXPECT_EQ(valid_utf8("\xC0\xAF"), bad + bad);                      // overlong
  EXPECT_EQ(valid_utf8("\xE0\x80\x80"), bad + bad + bad);            // overlong
  EXPECT_EQ(valid_utf8("\xED\xA0\x80"), bad + bad + bad);            // surrogate
  EXPECT_EQ(valid_utf8("\xF4\x90\x80\x80"), bad + bad + bad + bad);  // beyond Unicode
  EXPECT_EQ(valid_utf8("\x80x"), bad + "x");
}

}  // namespace
}  // namespace pgtandem::proxy
