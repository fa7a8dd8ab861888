#include "outbox/log/free_space.h"

#include <gtest/gtest.h>

namespace pgtandem::outbox {
namespace {

struct disk {
  std::uint64_t free = 0;
  int asked = 0;
  free_space::clock::time_point now{};
  free_space guard{1000, [this] { return ++asked, free; }, [this] { return now; }};
};

TEST(free_space, keeps_min_free) {
  disk d;
  d.free = 1100;
  EXPECT_TRUE(d.guard.take(60));
  EXPECT_TRUE(d.guard.take(40));
  d.free = 1000;
  EXPECT_FALSE(d.guard.take(1));
  EXPECT_FALSE(d.guard.take(1ULL << 63));
  EXPECT_TRUE(d.guard.take(0));
}

TEST(free_space, asks_once_a_second_while_there_is_plenty) {
  disk d;
  d.free = 1ULL << 40;
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(d.guard.take(100));
  EXPECT_EQ(d.asked, 1);
  d.now += std::chrono::seconds{1};
  EXPECT_TRUE(d.guard.take(100));
  EXPECT_EQ(d.asked, 2);
  EXPECT_TRUE(d.guard.take(65ULL << 20));
  EXPECT_TRUE(d.guard.take(1));
  EXPECT_EQ(d.asked, 3);
}

TEST(free_space, recovers_at_the_next_question) {
  disk d;
  d.free = 10;
  EXPECT_FALSE(d.guard.take(1));
  EXPECT_FALSE(d.guard.take(1));
  EXPECT_EQ(d.asked, 2);
  d.free = 5000;
  EXPECT_TRUE(d.guard.take(1));
}

}  // namespace
}  // namespace pgtandem::outbox
