#include "proxy/config/nearest.h"

#include <gtest/gtest.h>

namespace pgtandem::proxy {
namespace {

TEST(nearest, counts_edits) {
  EXPECT_EQ(edit_distance("", "abc"), 3U);
  EXPECT_EQ(edit_distance("listen", "listen"), 0U);
  EXPECT_EQ(edit_distance("lisen", "listen"), 1U);
  EXPECT_EQ(edit_distance("lsiten", "listen"), 1U);  // neighbours swapped
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
}

TEST(nearest, finds_what_was_meant) {
  const std::vector<std::string> keys{"listen", "admin", "databases", "log"};
  EXPECT_EQ(nearest("databse", keys), "databases");
  EXPECT_EQ(nearest("lgo", keys), "log");
  EXPECT_EQ(nearest("zzzzzz", keys), std::nullopt);
  EXPECT_EQ(nearest(std::string(5000, 'a'), keys), std::nullopt);
  EXPECT_EQ(nearest("x", {}), std::nullopt);
}

}  // namespace
}  // namespace pgtandem::proxy
