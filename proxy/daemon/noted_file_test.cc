#include "proxy/daemon/noted_file.h"

#include <gtest/gtest.h>

#include <fstream>

#include "outbox/log/test_support.h"

namespace pgtandem::proxy {
namespace {

class noted_file_test : public ::testing::Test {
 protected:
  outbox::temp_dir dir_;
  std::string path_ = dir_.outbox() + "-noted.json";
  noted_file file_{path_};
};

TEST_F(noted_file_test, none_is_not_the_same_as_an_empty_one) {
  EXPECT_FALSE(file_.load());
  file_.store({});
  EXPECT_EQ(file_.load(), std::set<std::string>{});
  file_.remove();
  EXPECT_FALSE(file_.load());
}

TEST_F(noted_file_test, lines_of_any_characters_come_back) {
  const std::set<std::string> lines{"trigger \"t\" on public.a\nb", "", "ä"};
  file_.store(lines);
  EXPECT_EQ(file_.load(), lines);
}

TEST_F(noted_file_test, a_damaged_one_is_told_by_name) {
  std::ofstream(path_) << "[1";
  try {
    (void)file_.load();
    FAIL() << "a damaged file was read";
  } catch (const std::runtime_error& e) {
    EXPECT_NE(std::string(e.what()).find(path_), std::string::npos);
  }
}

}  // namespace
}  // namespace pgtandem::proxy
