#include "proxy/cli/supervise.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

namespace pgtandem::proxy {
namespace {

using std::chrono::milliseconds;

TEST(supervise, pauses_grow_and_start_anew) {
  const supervision s;
  EXPECT_EQ(next_pause(s, milliseconds(0), milliseconds(5)), milliseconds(100));
  EXPECT_EQ(next_pause(s, milliseconds(100), milliseconds(5)), milliseconds(200));
  EXPECT_EQ(next_pause(s, milliseconds(20'000), milliseconds(5)), milliseconds(30'000));
  EXPECT_EQ(next_pause(s, milliseconds(30'000), milliseconds(60'000)), milliseconds(100));
}

const supervision quick{milliseconds(1), milliseconds(10), std::chrono::hours(1)};

// Runs a supervisor in a process of its own; `serve` reports to the test through a pipe.
class supervised {
 public:
  explicit supervised(const std::function<int(int report)>& serve, const supervision& s = quick) {
    int ends[2];
    if (pipe(ends) != 0) throw std::runtime_error("pipe failed");
    pid_ = fork();
    if (pid_ == 0) {
      close(ends[0]);
      _exit(supervise([&] { return serve(ends[1]); }, s));
    }
    close(ends[1]);
    report_ = ends[0];
  }
  ~supervised() { close(report_); }

  // The next byte that a child reported; 0 when there is none any more.
  char next() const {
    char c = 0;
    return read(report_, &c, 1) == 1 ? c : '\0';
  }
  void send(int signal) const { kill(pid_, signal); }
  int exit_code() const {
    int status = 0;
    waitpid(pid_, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }

 private:
  pid_t pid_ = 0;
  int report_ = -1;
};

void say(int report, char c) {
  EXPECT_EQ(write(report, &c, 1), 1);
}

TEST(supervise, returns_what_the_child_returns) {
  EXPECT_EQ(supervised([](int) { return 0; }).exit_code(), 0);
  EXPECT_EQ(supervised([](int) { return 7; }).exit_code(), 7);
  EXPECT_EQ(supervised([](int) -> int { throw std::runtime_error("as expected by the test"); }).exit_code(),
            1);
}

TEST(supervise, starts_again_what_a_signal_killed) {
  int gate[2];
  ASSERT_EQ(pipe(gate), 0);
  ASSERT_EQ(write(gate[1], "kak.", 4), 4);  // how each child ends, in turn
  const supervised s([&](int report) {
    char how = 0;
    EXPECT_EQ(read(gate[0], &how, 1), 1);
    say(report, how);
    if (how == 'k') kill(getpid(), SIGKILL);
    if (how == 'a') {
      signal(SIGABRT, SIG_DFL);
      kill(getpid(), SIGABRT);
    }
    return 5;
  });
  EXPECT_EQ(s.next(), 'k');
  EXPECT_EQ(s.next(), 'a');
  EXPECT_EQ(s.next(), 'k');
  EXPECT_EQ(s.next(), '.');
  EXPECT_EQ(s.exit_code(), 5);
}

int report_signals(int report, int how_many) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  sigprocmask(SIG_BLOCK, &set, nullptr);
  say(report, 'r');
  for (int n = 0; n < how_many; ++n) {
    int signal = 0;
    sigwait(&set, &signal);
    say(report, signal == SIGTERM ? 'T' : 'I');
  }
  return 3;
}

TEST(supervise, hands_on_signals_and_ends_with_the_child) {
  const supervised s([](int report) { return report_signals(report, 2); });
  EXPECT_EQ(s.next(), 'r');
  s.send(SIGTERM);
  EXPECT_EQ(s.next(), 'T');
  s.send(SIGINT);
  EXPECT_EQ(s.next(), 'I');
  EXPECT_EQ(s.exit_code(), 3);
}

TEST(supervise, a_child_killed_after_a_stop_stays_dead) {
  const supervised s([](int report) {
    report_signals(report, 1);
    kill(getpid(), SIGKILL);
    return 0;
  });
  EXPECT_EQ(s.next(), 'r');
  s.send(SIGTERM);
  EXPECT_EQ(s.next(), 'T');
  EXPECT_EQ(s.exit_code(), 128 + SIGKILL);
}

// The stop arrives while the supervisor pauses, or just before it sees the death: it must not start another
// one.
TEST(supervise, a_stop_between_two_children_ends_it) {
  supervision s;
  s.first_pause = std::chrono::hours(10);
  const supervised dead(
      [](int report) {
        signal(SIGTERM, SIG_IGN);  // handed on just before the end it must not be what ends it
        say(report, 'r');
        kill(getpid(), SIGKILL);
        return 0;
      },
      s);
  EXPECT_EQ(dead.next(), 'r');
  dead.send(SIGTERM);
  const int code = dead.exit_code();
  EXPECT_TRUE(code == 0 || code == 128 + SIGKILL) << code;
}

}  // namespace
}  // namespace pgtandem::proxy
