#include "outbox/log/write_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <thread>

namespace pgtandem::outbox {
namespace {

TEST(write_queue, takes_in_order_up_to_the_bytes_but_at_least_one) {
  write_queue<int> queue;
  for (int i : {1, 2, 3, 4}) EXPECT_TRUE(queue.push(i, i == 3 ? 100 : 5));
  EXPECT_THAT(queue.take(10), testing::ElementsAre(1, 2));
  EXPECT_THAT(queue.take(10), testing::ElementsAre(3));
  EXPECT_THAT(queue.take(10), testing::ElementsAre(4));
}

TEST(write_queue, drains_after_close_and_takes_nothing_more) {
  write_queue<std::unique_ptr<int>> queue;
  auto kept = std::make_unique<int>(1);
  EXPECT_TRUE(queue.push(kept, 1));
  queue.close();
  auto late = std::make_unique<int>(2);
  EXPECT_FALSE(queue.push(late, 1));
  EXPECT_TRUE(late);  // still the caller's
  EXPECT_EQ(queue.take(10).size(), 1U);
  EXPECT_TRUE(queue.take(10).empty());
}

TEST(write_queue, patient_items_ride_with_the_next_prompt_one) {
  write_queue<int> queue;
  int patient = 1, prompt = 2;
  EXPECT_TRUE(queue.push(patient, 1, std::chrono::hours(1)));
  EXPECT_TRUE(queue.push(prompt, 1));
  EXPECT_THAT(queue.take(10), testing::ElementsAre(1, 2));
}

TEST(write_queue, patience_ends) {
  write_queue<int> queue;
  int patient = 1;
  EXPECT_TRUE(queue.push(patient, 1, std::chrono::milliseconds(1)));
  EXPECT_THAT(queue.take(10), testing::ElementsAre(1));
}

TEST(write_queue, close_ends_patience) {
  write_queue<int> queue;
  int patient = 1;
  EXPECT_TRUE(queue.push(patient, 1, std::chrono::hours(1)));
  queue.close();
  EXPECT_THAT(queue.take(10), testing::ElementsAre(1));
}

TEST(write_queue, nothing_is_lost_between_threads) {
  write_queue<int> queue;
  constexpr int per_thread = 5'000;
  std::vector<std::jthread> producers;
  for (int t = 0; t < 4; ++t)
    producers.emplace_back([&queue, t] {
      for (int i = 0; i < per_thread; ++i) {
        int item = t * per_thread + i;
        EXPECT_TRUE(queue.push(item, 1));
      }
    });
  std::vector<int> last(4, -1);
  for (int seen = 0; seen < 4 * per_thread;)
    for (const int item : queue.take(64)) {
      EXPECT_EQ(item % per_thread, last[item / per_thread] + 1);
      last[item / per_thread] = item % per_thread;
      ++seen;
    }
}

}  // namespace
}  // namespace pgtandem::outbox
