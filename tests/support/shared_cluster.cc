#include <gtest/gtest.h>

#include <array>

#include "tests/support/pg_cluster.h"

namespace pgtandem::test_support {

namespace {

std::array<std::unique_ptr<pg_cluster>, 2> clusters;

class cluster_environment : public testing::Environment {
 public:
  void TearDown() override {
    for (auto& c : clusters) c.reset();
  }
};

const testing::Environment* const environment = testing::AddGlobalTestEnvironment(new cluster_environment);

pg_cluster& started(std::size_t index) {
  if (!clusters[index]) clusters[index] = std::make_unique<pg_cluster>();
  return *clusters[index];
}

}  // namespace

pg_cluster& shared_cluster() {
  return started(0);
}
pg_cluster& second_shared_cluster() {
  return started(1);
}

}  // namespace pgtandem::test_support
