// A log whose store fails or has no room.
#include <gmock/gmock.h>

#include "outbox/log/faulty_store.h"
#include "outbox/log/key_codec.h"
#include "outbox/log/rocks_store.h"
#include "outbox/log/test_support.h"

namespace pgtandem::outbox {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::size_t plenty = 1U << 30;

class log_failure_test : public testing::Test {
 protected:
  void open(std::uint64_t min_free = 0) {
    log_.reset();
    auto files = std::make_unique<faulty_store>(open_rocks_store(dir_.outbox()));
    store_ = files.get();
    log_ = log::open({dir_.outbox(), min_free}, std::move(files));
  }
  void SetUp() override { open(); }

  temp_dir dir_;
  faulty_store* store_ = nullptr;
  std::unique_ptr<log> log_;
};

TEST_F(log_failure_test, a_failed_write_stops_the_log_for_good_and_answers_everybody) {
  commit(*log_, record_of({"a"}));
  const seq_t pending = prepare(*log_, record_of({"b"}));
  const auto mark = add_marks(*log_, p1, {table_mark(t1)}, true);
  auto window = log_->open_window(p1, t2);
  // A batch that is being written, and requests that wait behind it.
  store_->hold();
  std::promise<prepare_result> in_batch;
  std::promise<prepare_result> behind;
  log_->prepare(record_of({"c"}), [&](prepare_result r) { in_batch.set_value(std::move(r)); });
  store_->wait_until_held();
  log_->decide(pending, decision::committed);
  log_->prepare(record_of({"d"}), [&](prepare_result r) { behind.set_value(std::move(r)); });
  store_->fail_writes(true);
  store_->release();
  for (auto* answered : {&in_batch, &behind}) {
    const auto result = answered->get_future().get();
    EXPECT_FALSE(result.seq);
    EXPECT_THAT(result.error, HasSubstr("no space left on device"));
  }
  EXPECT_TRUE(log_->failed());
  EXPECT_THAT(log_->failure(), HasSubstr("must be reopened"));

  // The disk is well again, the log is not: what it does not know it must not write behind.
  store_->fail_writes(false);
  const int writes = store_->writes();
  EXPECT_FALSE(try_prepare(*log_, record_of({"e"})).seq);
  log_->clear_marks(mark);
  EXPECT_EQ(log_->marks(p1).size(), 1U);
  log_->supersede(pending);
  EXPECT_EQ(log_->decision_of(pending), decision::undecided);
  EXPECT_NE(log_->append_heal(std::move(window), record_of({"a"}, t2)).error, "");
  EXPECT_THROW(static_cast<void>(log_->partition_of("new")), std::runtime_error);
  std::optional<log_error> marks_error;
  std::promise<void> marks_answered;
  log_->add_marks(p1, {table_mark(t2)}, std::nullopt, [&](auto, auto error) {
    marks_error = error;
    marks_answered.set_value();
  });
  marks_answered.get_future().get();
  EXPECT_TRUE(marks_error);
  EXPECT_EQ(store_->writes(), writes);
  EXPECT_TRUE(log_->failed());
  // What was durable before can still be read.
  EXPECT_THAT(seqs_of(log_->read(p1, seq_t{0}, plenty, {})->records), ElementsAre(1));

  open();
  EXPECT_FALSE(log_->failed());
  EXPECT_EQ(log_->decision_of(seq_t{1}), decision::committed);
  EXPECT_EQ(log_->decision_of(pending), decision::undecided);
  EXPECT_GT(prepare(*log_, record_of({"f"})), pending);
}

TEST_F(log_failure_test, too_little_space_refuses_records_but_takes_decisions_and_marks) {
  open(1'000'000);
  const seq_t seq = prepare(*log_, record_of({"a"}));
  open(1'000'000);
  store_->set_free(1'000'010);
  const auto refused = try_prepare(*log_, record_of({"b"}));
  EXPECT_FALSE(refused.seq);
  EXPECT_THAT(refused.error, HasSubstr("min_free"));
  EXPECT_FALSE(log_->failed());
  decide(*log_, p1, seq, decision::committed);
  const auto mark = add_marks(*log_, p1, {table_mark(t1)}, true);
  EXPECT_THAT(log_->append_heal(log_->open_window(p1, t1), record_of({"a"})).error, HasSubstr("min_free"));
  log_->clear_marks(mark);
  EXPECT_FALSE(log_->failed());

  EXPECT_FALSE(log_->has_room());
  store_->set_free(100'000'000);
  EXPECT_TRUE(log_->has_room());
  store_->set_free(2'000'000);
  EXPECT_EQ(prepare(*log_, record_of({"b"})), seq_t{seq.value + 1});
  open();
  EXPECT_EQ(log_->decision_of(seq), decision::committed);
}

TEST_F(log_failure_test, decisions_are_published_after_they_are_durable_only) {
  const seq_t seq = prepare(*log_, record_of({"a"}));
  store_->hold();
  log_->decide(seq, decision::committed);
  store_->wait_until_held();
  EXPECT_EQ(log_->decision_of(seq), decision::undecided);
  EXPECT_FALSE(log_->read(p1, seq_t{0}, plenty, stopped()));
  store_->release();
  EXPECT_TRUE(log_->read(p1, seq_t{0}, plenty, {}));
}

TEST_F(log_failure_test, what_waits_is_written_in_one_batch) {
  store_->hold();
  std::vector<std::promise<prepare_result>> answers(50);
  log_->prepare(record_of({"first"}), [](prepare_result) {});
  store_->wait_until_held();
  const int writes = store_->writes();
  for (auto& a : answers)
    log_->prepare(record_of({"x"}), [&a](prepare_result r) { a.set_value(std::move(r)); });
  store_->release();
  for (auto& a : answers) EXPECT_TRUE(a.get_future().get().seq);
  EXPECT_EQ(store_->writes(), writes + 1);
}

TEST_F(log_failure_test, a_damaged_record_is_never_stepped_over) {
  commit(*log_, record_of({"a"}));
  commit(*log_, record_of({"b"}));
  log_.reset();
  {
    const auto files = open_rocks_store(dir_.outbox());
    write_batch damage;
    damage.put(family::data, record_key(p1, seq_t{2}), "not a record");
    ASSERT_FALSE(files->write(damage));
  }
  open();
  EXPECT_FALSE(log_->read(p1, seq_t{0}, plenty, stopped()));
  EXPECT_TRUE(log_->failed());
  EXPECT_THAT(log_->failure(), HasSubstr("record 2 cannot be read"));
}

}  // namespace
}  // namespace pgtandem::outbox
