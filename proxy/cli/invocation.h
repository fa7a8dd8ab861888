// What a command line asks for, and the errors that end a command early. Plain data.
#pragma once

#include <chrono>
#include <stdexcept>
#include <string>
#include <vector>

namespace pgtandem::proxy {

struct invocation {
  std::string command;  // "serve", "check", ...
  std::string file;     // -c
  std::string database;
  std::string table;
  std::vector<std::string> keys;
  bool all = false;
  bool json = false;
  bool supervise = false;
  std::chrono::milliseconds timeout{0};
};

// The command line does not fit the configuration: exit code 64.
struct usage_error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace pgtandem::proxy
