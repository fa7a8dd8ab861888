// The reference pages in docs/ are what the program prints.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "proxy/cli/program_testing.h"

namespace pgtandem::proxy {
namespace {

std::string file(const std::string& name) {
  std::ifstream in(std::string(PGTANDEM_DOCS) + "/" + name, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

TEST(reference, configuration_page) {
  const program_result r = run_program({"config-reference"});
  EXPECT_EQ(r.exit_code, 0);
  EXPECT_EQ(r.out, file("configuration.md"))
      << "write it anew: pgtandem config-reference > docs/configuration.md";
}

TEST(reference, command_line_page) {
  const program_result r = run_program({"help-all"});
  EXPECT_EQ(r.exit_code, 0);
  EXPECT_EQ(r.out, file("cli.md")) << "write it anew: pgtandem help-all > docs/cli.md";
}

}  // namespace
}  // namespace pgtandem::proxy
