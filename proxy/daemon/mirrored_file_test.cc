#include "proxy/daemon/mirrored_file.h"

#include <gtest/gtest.h>

#include <fstream>

#include "outbox/log/test_support.h"

namespace pgtandem::proxy {
namespace {

class mirrored_file_test : public ::testing::Test {
 protected:
  outbox::temp_dir dir_;
  std::string path_ = dir_.outbox() + "-mirrored.json";
  mirrored_file file_{path_};
};

TEST_F(mirrored_file_test, there_is_none_at_first) {
  EXPECT_TRUE(file_.load().empty());
}

TEST_F(mirrored_file_test, names_of_any_characters_come_back) {
  const known_tables tables{{{"public", "t"}, {{"column \"a\nb\" text", "table 1"}, seq_t{7}, true, false}},
                            {{"Odd \"one\"", "a\\b\nc"}, {{}, seq_t{}, false, true}},
                            {{"s", ""}, {}}};
  file_.store(tables);
  EXPECT_EQ(file_.load(), tables);
  file_.store({});
  EXPECT_TRUE(file_.load().empty());
}

TEST_F(mirrored_file_test, names_alone_are_understood) {
  std::ofstream(path_) << R"([{"schema":"public","name":"t"}])";
  EXPECT_EQ(file_.load(), (known_tables{{{"public", "t"}, {}}}));
}

TEST_F(mirrored_file_test, a_damaged_file_is_told_by_name) {
  std::ofstream(path_) << "[{\"schema\": 1";
  try {
    (void)file_.load();
    FAIL() << "a damaged file was read";
  } catch (const std::runtime_error& e) {
    EXPECT_NE(std::string(e.what()).find(path_), std::string::npos);
  }
}

TEST_F(mirrored_file_test, removed_it_is_as_if_it_had_never_been) {
  file_.store({{{"public", "t"}, {}}});
  file_.remove();
  EXPECT_TRUE(file_.load().empty());
}

}  // namespace
}  // namespace pgtandem::proxy
