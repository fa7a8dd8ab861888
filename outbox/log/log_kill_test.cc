// SIGKILL in the middle of concurrent writes: every seq that was reported is there after reopening.
#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <map>
#include <thread>

#include "outbox/log/test_support.h"

namespace pgtandem::outbox {
namespace {

struct acknowledgement {
  std::uint64_t seq;
  std::uint32_t session;
  std::uint32_t number;
};

std::string key_of(const acknowledgement& a) {
  return std::to_string(a.session) + "/" + std::to_string(a.number);
}

// Runs in the child until it is killed.
[[noreturn]] void write_for_ever(const std::string& path, int out, std::uint32_t first_session) {
  const auto l = log::open({path, 0});
  std::vector<std::thread> sessions;
  for (std::uint32_t t = 0; t < 6; ++t)
    sessions.emplace_back([&, session = first_session + t] {
      for (std::uint32_t i = 0;; ++i) {
        acknowledgement a{0, session, i};
        auto r = record_of({key_of(a)});
        r.changes[0].image.append(i % 7 * 300, 'x');
        std::promise<seq_t> answered;
        l->prepare(std::move(r), [&](prepare_result result) { answered.set_value(result.seq.value()); });
        const seq_t seq = answered.get_future().get();
        a.seq = seq.value;
        // Below PIPE_BUF: whole or not at all.
        if (::write(out, &a, sizeof a) != sizeof a) ::_exit(2);
        if (i % 3 != 0) l->decide(seq, i % 3 == 1 ? decision::committed : decision::aborted);
      }
    });
  sessions.front().join();
  ::_exit(3);
}

TEST(log_kill_test, every_reported_seq_survives_sigkill) {
  temp_dir dir;
  std::map<std::uint64_t, acknowledgement> acknowledged;
  for (std::uint32_t round = 0; round < 5; ++round) {
    int pipe_ends[2];
    ASSERT_EQ(::pipe(pipe_ends), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      ::close(pipe_ends[0]);
      write_for_ever(dir.outbox(), pipe_ends[1], round * 100);
    }
    ::close(pipe_ends[1]);
    acknowledgement a{};
    for (int seen = 0; ::read(pipe_ends[0], &a, sizeof a) == sizeof a;) {
      EXPECT_TRUE(acknowledged.emplace(a.seq, a).second) << "seq " << a.seq << " was given twice";
      if (++seen == 300) ::kill(child, SIGKILL);
    }
    ::close(pipe_ends[0]);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
        << "the child ended by itself: " << status;
  }

  const auto l = log::open({dir.outbox(), 0});
  std::map<std::uint64_t, std::string> keys;
  const auto collect = [&](const std::vector<stored_record>& records) {
    for (const auto& r : records) keys.emplace(r.seq.value, r.record.changes.at(0).key);
  };
  const std::size_t undecided = l->undecided(p1);
  while (keys.size() < undecided) collect(l->wait_in_doubt(p1, {}));
  for (const auto& [seq, key] : keys) l->decide(seq_t{seq}, decision::committed);
  ASSERT_TRUE(l->wait_decided(p1, l->last_prepared(p1), {}));
  for (seq_t after; after < l->last_prepared(p1);) {
    const auto b = l->read(p1, after, 1U << 20, {});
    collect(b->records);
    after = b->through;
  }
  EXPECT_GE(acknowledged.size(), 1500U);
  for (const auto& [seq, a] : acknowledged) {
    const auto it = keys.find(seq);
    if (it == keys.end()) {
      EXPECT_EQ(l->decision_of(seq_t{seq}), decision::aborted) << "acknowledged record " << seq << " is gone";
      EXPECT_EQ(a.number % 3, 2U);
    } else {
      EXPECT_EQ(it->second, key_of(a));
    }
  }
}

}  // namespace
}  // namespace pgtandem::outbox
