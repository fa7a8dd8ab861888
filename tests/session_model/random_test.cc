// Thousands of random sessions against the model of PostgreSQL. A failure names its seed;
// PGTANDEM_SEED=N runs that one again, PGTANDEM_RUNS=N runs another number of them.
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <random>

#include "tests/session_model/run.h"

namespace pgtandem::model {
namespace {

std::optional<std::uint64_t> from_environment(const char* name) {
  const char* text = std::getenv(name);
  return text == nullptr ? std::nullopt : std::optional<std::uint64_t>(std::strtoull(text, nullptr, 10));
}

std::vector<std::uint8_t> random_input(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<std::uint8_t> bytes(20 + random() % 400);
  for (auto& b : bytes) b = static_cast<std::uint8_t>(random());
  return bytes;
}

bool holds(std::uint64_t seed) {
  const auto bytes = random_input(seed);
  const verdict v = run_session({bytes.data(), bytes.size()});
  if (v.violation.empty()) return true;
  std::cerr << "PGTANDEM_SEED=" << seed << ": violated: " << v.violation << '\n';
  for (const std::string& line : v.trace) std::cerr << line << '\n';
  return false;
}

TEST(random_session, keeps_every_promise) {
  if (const auto seed = from_environment("PGTANDEM_SEED")) {
    EXPECT_TRUE(holds(*seed));
    return;
  }
  const std::uint64_t first = std::random_device{}();
  for (std::uint64_t i = 0; i < from_environment("PGTANDEM_RUNS").value_or(3000); ++i)
    ASSERT_TRUE(holds(first + i)) << "seed " << first + i;
}

}  // namespace
}  // namespace pgtandem::model
