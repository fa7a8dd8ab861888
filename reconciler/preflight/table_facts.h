// What the preflight asks about tables beyond what the catalog module loads. Blocking; throws
// client::pg_error.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "protocol/catalog/relation.h"
#include "protocol/client/connection.h"

namespace pgtandem::reconciler {

struct trigger_fact {
  std::string name;
  char enabled = 'O';  // pg_trigger.tgenabled: O, R, A
};

struct table_facts {
  bool schema_usage = false;
  // Privileges that the own role has on the table; of a partition root only those it has on each leaf as
  // well.
  bool may_select = false;
  bool may_insert = false;
  bool may_update = false;
  bool may_delete = false;
  bool filtered = false;  // row security hides rows from the own role
  bool unlogged = false;
  std::uint64_t toast_bytes = 0;
  std::vector<trigger_fact> triggers;         // of users, enabled
  std::vector<std::string> deferrable;        // names of deferrable unique and primary key constraints
  std::map<std::string, std::string> unique;  // what is unique -> name of the index
};

[[nodiscard]] table_facts load_table_facts(client::connection& c, const catalog::relation& r);

}  // namespace pgtandem::reconciler
