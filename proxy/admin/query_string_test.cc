#include "proxy/admin/query_string.h"

#include <gtest/gtest.h>

namespace pgtandem::proxy {
namespace {

TEST(query_string, finds_one_parameter) {
  EXPECT_EQ(query_parameter("/fence?database=app", "database"), "app");
  EXPECT_EQ(query_parameter("/fence?a=1&database=My%20Db%26&b", "database"), "My Db&");
  EXPECT_EQ(query_parameter("/fence?database=", "database"), "");
  EXPECT_EQ(query_parameter("/fence?database=a%3Db=c", "database"), "a=b=c");
}

TEST(query_string, refuses_what_is_absent_double_or_wrong) {
  for (const char* target :
       {"/fence", "/fence?", "/fence?databas=app", "/fence?database=a&database=b", "/fence?database=%",
        "/fence?database=%4", "/fence?database=%zz", "/fence?database=%+1"})
    EXPECT_EQ(query_parameter(target, "database"), std::nullopt) << target;
}

TEST(query_string, decodes_what_it_encodes) {
  std::string every;
  for (int c = 0; c < 256; ++c) every += static_cast<char>(c);
  EXPECT_EQ(query_parameter("/x?v=" + percent_encode(every), "v"), every);
  EXPECT_EQ(percent_encode("a.b-c_d~ /"), "a.b-c_d~%20%2F");
}

}  // namespace
}  // namespace pgtandem::proxy
