// What runs on legacy: transactions that have an id, in sessions and prepared for two-phase commit.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "protocol/change/record.h"
#include "protocol/client/connection.h"
#include "protocol/types.h"

namespace pgtandem::proxy {

// Ids as pg_locks shows them, without epoch; those of subtransactions too.
using transaction_ids = std::set<std::string, std::less<>>;

[[nodiscard]] std::string id_in_locks(xid_t xid);

struct running_transactions {
  transaction_ids in_sessions;
  transaction_ids prepared;  // of all databases
  // Tables of the connection's database, partitions under their roots, that prepared ones hold a writer's
  // lock on.
  std::map<change::table_name, transaction_ids> locked_by_prepared;
};

// Everything as it was at one moment. Throws client::pg_error.
[[nodiscard]] running_transactions look_at_transactions(client::connection& legacy);

// The tables, partitions under their roots, that a transaction has written which is prepared by this name in
// the connection's database. nullopt: there is none at present. Throws client::pg_error.
[[nodiscard]] std::optional<std::set<change::table_name>> written_by_prepared(client::connection& legacy,
                                                                              const std::string& gid);

}  // namespace pgtandem::proxy
