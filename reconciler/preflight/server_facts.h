// What the preflight asks a server as a whole. Blocking; changes nothing; throws client::pg_error.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "protocol/client/connection.h"

namespace pgtandem::reconciler {

// A line of pg_hba.conf that lets in whoever comes from where the proxy's connections come from.
struct open_hba_line {
  std::uint64_t number = 0;
  std::string text;  // e.g. "host address 127.0.0.1 method trust"
};

struct server_facts {
  int version = 0;  // 150020
  std::string role;
  std::string database;
  bool in_recovery = false;
  std::string encoding;
  std::string collation;  // of the database: lc_collate and lc_ctype
  std::string time_zone;
  std::string life;                 // system identifier and start: the same for the same server only
  bool may_terminate = false;       // pg_signal_backend
  bool may_monitor = false;         // pg_monitor or pg_read_all_stats
  bool may_create = false;          // CREATE on the database, or an own schema pgtandem
  bool may_replicate_role = false;  // SET session_replication_role
  std::uint64_t sequences = 0;      // that belong to users
  // Empty optional: not permitted to read them.
  std::optional<std::vector<open_hba_line>> open_lines;
};

[[nodiscard]] server_facts load_server_facts(client::connection& c);

}  // namespace pgtandem::reconciler
