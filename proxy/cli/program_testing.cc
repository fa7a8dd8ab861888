#include "proxy/cli/program_testing.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <stdexcept>
#include <thread>

namespace pgtandem::proxy {
namespace {

struct pipe_ends {
  int read = -1;
  int write = -1;
};

pipe_ends open_pipe() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("pipe failed");
  return {ends[0], ends[1]};
}

std::string read_all(int fd) {
  std::string r;
  std::array<char, 4096> part{};
  for (ssize_t n = 0; (n = read(fd, part.data(), part.size())) > 0;)
    r.append(part.data(), static_cast<std::size_t>(n));
  close(fd);
  return r;
}

}  // namespace

program_result run_program(const std::vector<std::string>& arguments) {
  std::vector<char*> argv{const_cast<char*>(PGTANDEM_BINARY)};
  for (const std::string& a : arguments) argv.push_back(const_cast<char*>(a.c_str()));
  argv.push_back(nullptr);
  const pipe_ends out = open_pipe();
  const pipe_ends err = open_pipe();
  const pid_t pid = fork();
  if (pid < 0) throw std::runtime_error("fork failed");
  if (pid == 0) {
    dup2(open("/dev/null", O_RDONLY | O_CLOEXEC), STDIN_FILENO);
    dup2(out.write, STDOUT_FILENO);
    dup2(err.write, STDERR_FILENO);
    execv(PGTANDEM_BINARY, argv.data());
    _exit(127);
  }
  close(out.write);
  close(err.write);
  program_result r;
  // Both at once: a program that fills one pipe would wait for ever while the other is read.
  std::thread errors([&] { r.err = read_all(err.read); });
  r.out = read_all(out.read);
  errors.join();
  int status = 0;
  waitpid(pid, &status, 0);
  r.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  return r;
}

}  // namespace pgtandem::proxy
