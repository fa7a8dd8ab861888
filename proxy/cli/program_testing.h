// Runs the real binary and collects what it prints. For tests only.
#pragma once

#include <string>
#include <vector>

namespace pgtandem::proxy {

struct program_result {
  int exit_code = -1;  // minus the signal if one killed it
  std::string out;
  std::string err;
};

// Waits for its end. Its stdin is empty.
[[nodiscard]] program_result run_program(const std::vector<std::string>& arguments);

}  // namespace pgtandem::proxy
