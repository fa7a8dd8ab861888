#include "proxy/cli/supervise.h"

#include <signal.h>
#include <spdlog/spdlog.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <stdexcept>

namespace pgtandem::proxy {
namespace {

using std::chrono::milliseconds;
using clock = std::chrono::steady_clock;

// The signals are blocked and taken by sigwait: nothing happens between a check and a wait.
class supervisor {
 public:
  explicit supervisor(const supervision& s) : s_(s) {
    sigemptyset(&watched_);
    for (const int signal : {SIGTERM, SIGINT, SIGCHLD}) sigaddset(&watched_, signal);
    sigprocmask(SIG_BLOCK, &watched_, &before_);
  }
  ~supervisor() { sigprocmask(SIG_SETMASK, &before_, nullptr); }
  supervisor(const supervisor&) = delete;
  supervisor& operator=(const supervisor&) = delete;

  int run(const std::function<int()>& serve) {
    milliseconds pause{0};
    while (true) {
      const auto started = clock::now();
      const int status = run_child(serve);
      if (WIFEXITED(status)) return WEXITSTATUS(status);
      if (stopping_) return 128 + WTERMSIG(status);
      pause = next_pause(s_, pause, std::chrono::duration_cast<milliseconds>(clock::now() - started));
      spdlog::error("the daemon was killed by signal {} ({}); it starts again in {} ms", WTERMSIG(status),
                    strsignal(WTERMSIG(status)), pause.count());
      if (stop_asked_within(pause)) return 0;
    }
  }

 private:
  int run_child(const std::function<int()>& serve) {
    const pid_t parent = getpid();
    const pid_t child = fork();
    if (child < 0) throw std::runtime_error(std::string("cannot fork: ") + std::strerror(errno));
    if (child == 0) become_daemon(parent, serve);
    return wait_for(child);
  }

  [[noreturn]] void become_daemon(pid_t parent, const std::function<int()>& serve) {
    // A terminal's Ctrl-C reaches the whole process group; handed on, it would count as a second one.
    setpgid(0, 0);
    // A daemon without its supervisor would hold the outbox's lock against the next one.
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    sigprocmask(SIG_SETMASK, &before_, nullptr);
    if (getppid() != parent) _exit(1);
    int code = 1;
    try {
      code = serve();
    } catch (const std::exception& e) {
      std::fprintf(stderr, "pgtandem: %s\n", e.what());
    }
    std::fflush(nullptr);
    _exit(code);
  }

  int wait_for(pid_t child) {
    while (true) {
      int signal = 0;
      sigwait(&watched_, &signal);
      if (signal != SIGCHLD) {
        stopping_ = true;
        kill(child, signal);
        continue;
      }
      int status = 0;
      const pid_t ended = waitpid(child, &status, WNOHANG);
      // SIGCHLD comes for stopped children, too.
      if (ended == child && (WIFEXITED(status) || WIFSIGNALED(status))) return status;
    }
  }

  bool stop_asked_within(milliseconds pause) {
    const auto end = clock::now() + pause;
    while (true) {
      const auto left = std::chrono::duration_cast<std::chrono::nanoseconds>(end - clock::now());
      if (left.count() <= 0) return false;
      const timespec time{static_cast<time_t>(left.count() / 1'000'000'000), left.count() % 1'000'000'000};
      const int signal = sigtimedwait(&watched_, nullptr, &time);
      if (signal == SIGTERM || signal == SIGINT) return true;
    }
  }

  supervision s_;
  sigset_t watched_{};
  sigset_t before_{};
  bool stopping_ = false;
};

}  // namespace

milliseconds next_pause(const supervision& s, milliseconds last_pause, milliseconds lived) {
  if (last_pause.count() == 0 || lived >= s.steady) return s.first_pause;
  return std::min(last_pause * 2, s.longest_pause);
}

int supervise(const std::function<int()>& serve, const supervision& s) {
  return supervisor(s).run(serve);
}

}  // namespace pgtandem::proxy
