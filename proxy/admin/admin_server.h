// HTTP + JSON on admin.listen, loopback only: GET /status, GET /health, POST /fence, POST /heal,
// POST /parked/retry.
// Owns one thread. What it serves comes from an admin_source, whose functions are called on that thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "proxy/config/config.h"

namespace pgtandem::proxy {

struct mark_status {
  std::uint64_t id = 0;
  std::string table;  // schema.name
  std::string scope;  // "table" or "keys"
  std::uint64_t keys = 0;
  std::string reason;
  bool ripe = false;
  std::uint64_t backend_pid = 0;  // of legacy, may still write under it; 0: none, or not one alone
  std::int64_t created_unix_ms = 0;
  std::uint64_t merged = 0;  // later marks that it stands for
};

struct parked_status {
  std::uint64_t id = 0;
  std::string table;  // schema.name
  std::string key;    // canonical, a JSON object
  std::uint64_t seq = 0;
  std::string sqlstate;
  std::string reason;      // the target's own words
  std::string in_the_way;  // key of the target's row that keeps it out, or empty
  std::int64_t since_unix_ms = 0;
  std::uint64_t attempts = 0;
};

struct refused_table {
  std::string table;
  std::vector<std::string> reasons;
};

struct heal_status {
  std::string table;
  std::uint64_t rows_read = 0;      // on legacy
  std::uint64_t rows_written = 0;   // heal changes put into the log
  std::uint64_t pass_rows = 0;      // read by the pass over the table that is under way, or was the last
  std::uint64_t pass_estimate = 0;  // as many may be there; 0: unknown
  std::uint64_t pass_resumed = 0;   // of pass_rows: read before a restart, behind them the pass went on
  bool running = false;
  std::string error;
};

struct database_status {
  std::string name;
  std::uint64_t prepared = 0;  // last seq
  std::uint64_t applied = 0;   // hwm on the target
  std::uint64_t undecided = 0;
  bool target_connected = false;
  bool halted = false;    // the applier needs a person
  bool degraded = false;  // commits go without records
  std::string error;      // last trouble of relay, applier, healer or settler
  std::uint64_t sessions = 0;
  std::uint64_t transactions = 0;  // records prepared since start
  std::uint64_t images = 0;        // rows imaged since start
  std::uint64_t marks_made = 0;    // marks written since start
  std::vector<std::string> mirrored;
  std::vector<refused_table> refused;
  std::vector<mark_status> marks;
  std::vector<parked_status> parked;
  std::vector<heal_status> heals;
};

struct daemon_status {
  std::string version;
  std::string outbox_id;
  std::uint64_t outbox_bytes = 0;
  std::string state;  // "serving", "stopping"
  std::vector<database_status> databases;
};

struct fence_reply {
  std::uint64_t seq = 0;             // highest prepared seq at arrival
  std::vector<std::uint64_t> marks;  // open marks older than the call
};

struct heal_request {
  std::string database;
  std::string table;  // schema.name or name in public
  bool all = false;
  std::vector<std::string> keys;  // each "value" of a one-column key or a JSON object of the key columns
};

struct heal_reply {
  std::vector<std::uint64_t> marks;  // done once none of them is open
  std::string error;                 // refused: why
};

struct retry_request {
  std::string database;
};

struct retry_reply {
  std::uint64_t keys = 0;  // that are tried again
  std::string error;       // refused: why
};

class admin_source {
 public:
  virtual ~admin_source() = default;
  virtual daemon_status status() = 0;
  virtual std::optional<fence_reply> fence(const std::string& database) = 0;  // nullopt: no such database
  virtual heal_reply heal(const heal_request& request) = 0;
  virtual retry_reply retry_parked(const retry_request& request) = 0;
  virtual bool healthy(std::string& why_not) = 0;
};

struct admin_limits;  // admin_limits.h

class admin_server {
 public:
  // Throws std::runtime_error when it cannot listen. `source` has to outlive it.
  admin_server(const listen_address& listen, admin_source& source);
  admin_server(const listen_address& listen, admin_source& source, const admin_limits& limits);
  ~admin_server();
  [[nodiscard]] std::uint16_t port() const;

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace pgtandem::proxy
