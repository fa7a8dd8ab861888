#include "tests/support/process.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace pgtandem::test_support {

namespace {

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error(what + ": " + std::strerror(errno));
}

bool become(const server_user& user) {
  return !user.change || (::initgroups(user.name.c_str(), user.gid) == 0 && ::setgid(user.gid) == 0 &&
                          ::setuid(user.uid) == 0);
}

}  // namespace

server_user user_for_servers() {
  server_user user;
  if (::geteuid() != 0) return user;
  const passwd* entry = ::getpwnam("postgres");
  if (entry == nullptr) throw std::runtime_error("running as root without a user postgres to run servers as");
  user.change = true;
  user.uid = entry->pw_uid;
  user.gid = entry->pw_gid;
  user.name = entry->pw_name;
  return user;
}

pid_t spawn_as(const server_user& user, const std::vector<std::string>& command, const std::string& directory,
               const std::string& log_path) {
  std::vector<char*> arguments;
  for (const auto& c : command) arguments.push_back(const_cast<char*>(c.c_str()));
  arguments.push_back(nullptr);
  const pid_t pid = ::fork();
  if (pid < 0) fail("fork");
  if (pid > 0) return pid;
  // A terminal's Ctrl-C is for the test, which then stops its servers in order.
  ::setpgid(0, 0);
  const int null = ::open("/dev/null", O_RDONLY);
  if (!become(user) || ::chdir(directory.c_str()) != 0 || null < 0) ::_exit(126);
  const int log = ::open(log_path.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  if (log < 0) ::_exit(126);
  ::dup2(null, 0);
  ::dup2(log, 1);
  ::dup2(log, 2);
  ::execv(arguments[0], arguments.data());
  ::_exit(127);
}

int wait_for(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR) fail("waitpid");
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

bool has_ended(pid_t pid) {
  return ::waitpid(pid, nullptr, WNOHANG) == pid;
}

guardian start_guardian(const std::string& command) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) fail("pipe");
  const pid_t pid = ::fork();
  if (pid < 0) fail("fork");
  if (pid > 0) {
    ::close(ends[0]);
    return {ends[1], pid};
  }
  ::setsid();
  ::dup2(ends[0], 0);
  // Not even a reader of the test's output may be kept waiting by this process.
  const int null = ::open("/dev/null", O_WRONLY);
  ::dup2(null, 1);
  ::dup2(null, 2);
  const std::string script = "read nothing; " + command;
  ::execl("/bin/sh", "sh", "-c", script.c_str(), nullptr);
  ::_exit(127);
}

int free_tcp_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) fail("socket");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  const bool ok = ::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 &&
                  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  ::close(fd);
  if (!ok) fail("bind");
  return ntohs(address.sin_port);
}

}  // namespace pgtandem::test_support
