// Child processes of the test support: run as the user that may run PostgreSQL.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace pgtandem::test_support {

// Whom PostgreSQL runs as: postgres for root, else the current user.
struct server_user {
  bool change = false;
  uid_t uid = 0;
  gid_t gid = 0;
  std::string name;
};
[[nodiscard]] server_user user_for_servers();

// Starts a program in `directory`, standard output and error appended to `log_path`; returns its pid.
pid_t spawn_as(const server_user& user, const std::vector<std::string>& command, const std::string& directory,
               const std::string& log_path);
// Waits for its end; its exit status, 128 + signal if a signal ended it.
int wait_for(pid_t pid);
// Whether it has ended already (and takes its status).
bool has_ended(pid_t pid);

// A process that outlives this one, if need be, to run `command` with /bin/sh. It starts when the returned
// descriptor is closed, by close() or by the death of this process.
struct guardian {
  int descriptor = -1;
  pid_t pid = -1;
};
guardian start_guardian(const std::string& command);

[[nodiscard]] int free_tcp_port();

}  // namespace pgtandem::test_support
