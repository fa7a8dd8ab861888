// The configuration file, checked. Field for field what docs/configuration.md lists.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace pgtandem::proxy {

struct listen_address {
  std::string host;
  std::uint16_t port = 0;
};

enum class on_outbox_failure { degrade, reject };
enum class on_ddl { halt, ignore };

struct database_config {
  std::string name;    // what clients ask for
  std::string legacy;  // conninfo
  std::string target;  // conninfo
  std::vector<std::string> include{"*.*"};
  std::vector<std::string> exclude;
  proxy::on_outbox_failure on_outbox_failure = proxy::on_outbox_failure::degrade;
  proxy::on_ddl on_ddl = proxy::on_ddl::halt;
  bool allow_trust = false;
  bool initial_heal = true;  // initial_heal: auto | off
  std::chrono::milliseconds heal_pause{20};
};

struct config {
  std::string file;  // absolute path it was read from
  listen_address listen{"127.0.0.1", 6543};
  listen_address admin{"127.0.0.1", 6580};
  std::map<std::string, database_config> databases;
  std::string outbox_path;  // absolute
  std::uint64_t outbox_min_free = 2ULL << 30;
  std::chrono::milliseconds outbox_commit_deadline{10'000};
  std::uint64_t outbox_chunk = 8ULL << 20;
  std::string transport = "local";
  std::string log_level = "info";
  std::chrono::milliseconds shutdown_timeout{30'000};
  unsigned io_threads = 1;
};

// what(): "FILE:LINE: sentence", with the nearest valid key where a key is unknown.
class config_error : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Reads and checks; throws config_error. No connection is made.
[[nodiscard]] config load_config(const std::string& path);

}  // namespace pgtandem::proxy
