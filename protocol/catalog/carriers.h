// What carries a write further than the statement says: to other rows of its table, or to other tables.
// Triggers, rules, foreign keys that cascade, tables that inherit, and row security, which hides rows from
// those who look for what foreign keys reach. Of a whole database, mirrored or not: few, and cheap to ask
// for.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "protocol/change/record.h"
#include "protocol/client/connection.h"

namespace pgtandem::catalog {

struct carrier {
  enum class sort : char {
    trigger = 't',  // those of the user, unless disabled
    deferred_trigger = 'd',
    rule = 'r',  // on writes
    foreign_key = 'f',
    child = 'c',
    policy = 'p',  // where row security is enabled
    row_security = 's',
  };
  sort what = sort::trigger;
  change::table_name on;                 // whose writes it carries; the root of partitions
  std::optional<change::table_name> to;  // foreign_key, child: where
  std::string text;                      // "trigger t on public.a": for people, and the same as long as it is
  std::uint32_t xid = 0;                 // of the transaction that made it, or altered it last; without epoch
};
using carriers = std::vector<carrier>;

// Takes no lock on the tables. The connection's search_path has to be pg_catalog. Blocking; throws
// client::pg_error.
[[nodiscard]] carriers load_carriers(client::connection& c);

// Triggers and rules: what they write is up to code of users.
[[nodiscard]] bool runs_code(const carrier& c);

[[nodiscard]] std::set<std::string> texts_of(const carriers& all);

// The tables that may be written besides when somebody writes `by.on`. nullopt: any, for it is up to code of
// users.
[[nodiscard]] std::optional<std::set<change::table_name>> reached(const carrier& by, const carriers& all);

}  // namespace pgtandem::catalog
