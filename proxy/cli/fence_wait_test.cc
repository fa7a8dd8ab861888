#include "proxy/cli/fence_wait.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

namespace pgtandem::proxy {
namespace {

using testing::HasSubstr;

// Allows a number of pauses and takes no time.
class counted_pacer : public pacer {
 public:
  explicit counted_pacer(int pauses) : left_(pauses) {}
  bool pause() override { return left_-- > 0; }

 private:
  int left_;
};

// Changes its status with every look; a step may throw.
class scripted_daemon : public daemon_api {
 public:
  using step = std::function<void(daemon_status&)>;
  int fences_away = 0;  // so many times it does not answer
  explicit scripted_daemon(std::vector<step> steps) : steps_(std::move(steps)) {
    status_.outbox_id = "one";
    status_.databases.resize(1);
    status_.databases[0].name = "app";
    status_.databases[0].target_connected = true;
  }
  daemon_status status() override {
    const std::size_t look = looks_++;
    if (look < steps_.size()) steps_[look](status_);
    return status_;
  }
  fence_reply fence(const std::string&) override {
    if (fences_away > 0 && fences_away-- > 0) throw admin_error("no daemon answers");
    return {status_.databases[0].prepared, {}};
  }
  heal_reply heal(const heal_request&) override { return {}; }

 private:
  std::size_t looks_ = 0;
  std::vector<step> steps_;
  daemon_status status_;
};

scripted_daemon::step applied(std::uint64_t seq) {
  return [seq](daemon_status& s) { s.databases[0].applied = seq; };
}
void gone(daemon_status&) {
  throw admin_error("no daemon answers");
}

fence_verdict run(std::vector<scripted_daemon::step> steps, const fence_reply& fence, int pauses = 10) {
  scripted_daemon daemon(std::move(steps));
  counted_pacer pace(pauses);
  return wait_for_fence(daemon, "app", fence, pace);
}

TEST(fence_wait, waits_for_the_seq) {
  EXPECT_EQ(run({applied(3), applied(7), applied(9)}, {9, {}}).outcome, fence_outcome::passed);
  EXPECT_EQ(run({applied(9)}, {9, {}}, 0).outcome, fence_outcome::passed);  // one look without time
}

TEST(fence_wait, waits_for_the_marks_of_the_fence_alone) {
  auto marks = [](std::vector<std::uint64_t> ids) {
    return [ids](daemon_status& s) {
      s.databases[0].marks.clear();
      for (const auto id : ids) s.databases[0].marks.push_back({id, "public.a", "table", 0, "COPY", true, 0});
    };
  };
  EXPECT_EQ(run({marks({1, 2}), marks({2, 3}), marks({3})}, {0, {1, 2}}, 2).outcome, fence_outcome::passed);
  const fence_verdict v = run({marks({1, 2})}, {0, {2}}, 3);
  EXPECT_EQ(v.outcome, fence_outcome::timed_out);
  EXPECT_THAT(v.sentence, HasSubstr("1 mark open (public.a, COPY)"));
}

// The heal that cleared the mark was written behind the fence.
TEST(fence_wait, waits_for_the_heals_of_its_marks) {
  const auto state = [](std::uint64_t prepared, std::uint64_t applied, bool marked) {
    return [=](daemon_status& s) {
      s.databases[0].prepared = prepared;
      s.databases[0].applied = applied;
      s.databases[0].marks.clear();
      if (marked) s.databases[0].marks.push_back({7, "public.a", "keys", 1, "in doubt", true, 0});
    };
  };
  for (const int away : {0, 2}) {
    for (const std::uint64_t last : {5U, 6U}) {
      scripted_daemon daemon(
          {state(5, 5, true), state(6, 5, false), state(6, 5, false), state(6, last, false)});
      daemon.fences_away = away;
      counted_pacer pace(10);
      EXPECT_EQ(wait_until_applied(daemon, "app", {5, {7}}, pace).outcome,
                last == 6 ? fence_outcome::passed : fence_outcome::timed_out);
    }
  }
}

TEST(fence_wait, times_out_with_what_is_missing) {
  const fence_verdict v = run({[](daemon_status& s) {
                                s.databases[0].applied = 4;
                                s.databases[0].target_connected = false;
                                s.databases[0].error = "connection refused";
                              }},
                              {9, {}});
  EXPECT_EQ(v.outcome, fence_outcome::timed_out);
  EXPECT_EQ(v.sentence, "timed out; app: applied 4 of 9; the target is not connected; connection refused");
}

TEST(fence_wait, a_halted_applier_ends_it_at_once_unless_the_fence_is_passed) {
  auto halt = [](daemon_status& s) { s.databases[0].halted = true; };
  EXPECT_EQ(run({applied(4), halt}, {9, {}}).outcome, fence_outcome::halted);
  EXPECT_EQ(run({halt}, {0, {}}).outcome, fence_outcome::passed);
}

// A row may be refused because of another that is on its way.
TEST(fence_wait, a_parked_row_is_waited_for_until_it_was_refused_again_and_again) {
  auto parked = [](std::uint64_t seq, std::uint64_t attempts) {
    return [=](daemon_status& s) {
      s.databases[0].applied = 9;
      s.databases[0].parked = {{1, "public.a", "{}", seq, "23505", "duplicate key", "", 0, attempts}};
    };
  };
  auto freed = [](daemon_status& s) { s.databases[0].parked = {}; };
  EXPECT_EQ(run({parked(9, 1), parked(9, 2), freed}, {9, {}}, 2).outcome, fence_outcome::passed);
  EXPECT_EQ(run({parked(10, 7)}, {9, {}}, 0).outcome, fence_outcome::passed) << "it came behind the fence";
  const fence_verdict v = run({parked(9, 1), parked(9, 3), freed}, {9, {}});
  EXPECT_EQ(v.outcome, fence_outcome::parked);
  EXPECT_THAT(v.sentence, HasSubstr("public.a [23505]"));
  EXPECT_EQ(exit_code_of(v.outcome), 1);
}

TEST(fence_wait, degraded_is_not_in_sync) {
  const fence_verdict v = run({[](daemon_status& s) {
                                s.databases[0].applied = 9;
                                s.databases[0].degraded = true;
                              }},
                              {9, {}});
  EXPECT_EQ(v.outcome, fence_outcome::unknown);
}

TEST(fence_wait, a_daemon_that_comes_back_is_waited_for) {
  EXPECT_EQ(run({applied(1), gone, gone, applied(9)}, {9, {}}).outcome, fence_outcome::passed);
  EXPECT_EQ(run({applied(1), gone, gone}, {9, {}}, 2).outcome, fence_outcome::unknown);
}

TEST(fence_wait, another_outbox_is_not_the_fences) {
  EXPECT_EQ(run({applied(1),
                 [](daemon_status& s) {
                   s.outbox_id = "two";
                   s.databases[0].applied = 100;
                 }},
                {9, {}})
                .outcome,
            fence_outcome::unknown);
}

TEST(fence_wait, a_database_that_is_not_served_is_named) {
  EXPECT_THAT(run({[](daemon_status& s) { s.databases.clear(); }}, {}).sentence, HasSubstr("does not serve"));
}

TEST(fence_wait, exit_codes) {
  EXPECT_EQ(exit_code_of(fence_outcome::passed), 0);
  EXPECT_EQ(exit_code_of(fence_outcome::halted), 1);
  EXPECT_EQ(exit_code_of(fence_outcome::timed_out), 2);
  EXPECT_EQ(exit_code_of(fence_outcome::unknown), 2);
}

}  // namespace
}  // namespace pgtandem::proxy
