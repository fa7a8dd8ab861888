#include "proxy/daemon/commit_guard.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

#include "outbox/log/faulty_store.h"
#include "outbox/log/rocks_store.h"
#include "outbox/log/test_support.h"

namespace pgtandem::proxy {
namespace {

using kind = prepare_outcome::kind;
using outbox::faulty_store;

constexpr std::chrono::minutes long_deadline{5};

class commit_guard_test : public ::testing::Test {
 protected:
  void open(on_outbox_failure policy, std::chrono::milliseconds deadline = long_deadline) {
    auto files = std::make_unique<faulty_store>(outbox::open_rocks_store(dir_.outbox()));
    store_ = files.get();
    log_ = outbox::log::open({dir_.outbox(), 1'000'000}, std::move(files));
    partition_ = log_->partition_of("app");
    guard_ =
        std::make_unique<commit_guard>(*log_, policy, deadline,
                                       commit_guard_hooks{.degrade =
                                                              [this](const std::string&) {
                                                                ++degrades_;
                                                                return can_degrade_.load();
                                                              },
                                                          .recover = [this] { return can_recover_.load(); },
                                                          .recovered = [this] { recovered_.set_value(); }});
    guard_->start();
  }
  ~commit_guard_test() override {
    guard_.reset();
    log_.reset();
  }

  std::future<prepare_outcome> prepare() {
    change::record r;
    r.partition = partition_;
    auto answered = std::make_shared<std::promise<prepare_outcome>>();
    guard_->prepare(std::move(r), [answered](prepare_outcome o) { answered->set_value(std::move(o)); });
    return answered->get_future();
  }

  outbox::temp_dir dir_;
  faulty_store* store_ = nullptr;
  std::unique_ptr<outbox::log> log_;
  partition_t partition_;
  std::unique_ptr<commit_guard> guard_;
  std::atomic<bool> can_degrade_ = true;
  std::atomic<bool> can_recover_ = false;
  std::atomic<int> degrades_ = 0;
  std::promise<void> recovered_;
};

TEST_F(commit_guard_test, a_durable_record_lets_its_commit_go) {
  open(on_outbox_failure::reject);
  const auto outcome = prepare().get();
  EXPECT_EQ(outcome.what, kind::durable);
  EXPECT_EQ(outcome.seq, log_->last_prepared(partition_));
}

TEST_F(commit_guard_test, reject_keeps_the_commit_from_happening) {
  open(on_outbox_failure::reject);
  store_->set_free(0);
  const auto outcome = prepare().get();
  EXPECT_EQ(outcome.what, kind::rejected);
  EXPECT_NE(outcome.error.find("min_free"), std::string::npos);
  EXPECT_EQ(degrades_, 0);
}

TEST_F(commit_guard_test, degrade_makes_it_durable_once_before_the_first_commit_passes) {
  open(on_outbox_failure::degrade);
  store_->set_free(0);
  EXPECT_EQ(prepare().get().what, kind::degraded);
  EXPECT_TRUE(guard_->degraded());
  EXPECT_EQ(prepare().get().what, kind::degraded);
  EXPECT_EQ(degrades_, 1);
}

TEST_F(commit_guard_test, where_nothing_can_be_made_durable_the_commit_is_rejected) {
  can_degrade_ = false;
  open(on_outbox_failure::degrade);
  store_->set_free(0);
  EXPECT_EQ(prepare().get().what, kind::rejected);
  EXPECT_FALSE(guard_->degraded());
}

TEST_F(commit_guard_test, a_failed_log_degrades_and_stays_so) {
  open(on_outbox_failure::degrade);
  store_->fail_writes(true);
  EXPECT_EQ(prepare().get().what, kind::degraded);
  EXPECT_TRUE(log_->failed());
  EXPECT_TRUE(guard_->degraded());
}

TEST_F(commit_guard_test, a_log_that_does_not_answer_is_not_waited_for_for_ever) {
  open(on_outbox_failure::degrade, std::chrono::milliseconds(1));
  store_->hold();
  auto late = prepare();
  EXPECT_EQ(late.get().what, kind::degraded);
  store_->release();
  // The record came to be durable after all: nobody commits under it, so it must not stay undecided.
  EXPECT_TRUE(log_->wait_decided(partition_, seq_t{1}, {}));
  while (log_->last_prepared(partition_) < seq_t{1}) std::this_thread::yield();
  EXPECT_TRUE(log_->wait_decided(partition_, log_->last_prepared(partition_), {}));
  EXPECT_EQ(log_->decision_of(log_->last_prepared(partition_)), outbox::decision::aborted);
}

TEST_F(commit_guard_test, mirroring_goes_on_once_there_is_room_and_every_table_is_marked) {
  open(on_outbox_failure::degrade);
  store_->set_free(0);
  EXPECT_EQ(prepare().get().what, kind::degraded);
  can_recover_ = true;
  store_->set_free(1ULL << 30);
  recovered_.get_future().wait();
  EXPECT_FALSE(guard_->degraded());
  EXPECT_EQ(prepare().get().what, kind::durable);
}

}  // namespace
}  // namespace pgtandem::proxy
