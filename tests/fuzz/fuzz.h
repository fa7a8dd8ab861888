// What every fuzz target shares: how a violated property ends the process.
// A target defines LLVMFuzzerTestOneInput; libFuzzer drives it, or replay_main.cc with files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "tests/fuzz/input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace pgtandem::fuzz {

inline void require(bool holds, std::string_view property) {
  if (holds) return;
  std::fprintf(stderr, "violated: %.*s\n", static_cast<int>(property.size()), property.data());
  std::abort();
}

}  // namespace pgtandem::fuzz
