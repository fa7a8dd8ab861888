// Loads relations from a server's catalog through an own connection. Blocking; throws client::pg_error.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "protocol/catalog/relation.h"
#include "protocol/client/connection.h"

namespace pgtandem::catalog {

// include/exclude globs on schema.table as psql has them: `public.*`, `"Odd.Name".t?`; double quotes protect
// dots and case; without quotes names fold to lower case.
struct table_filter {
  std::vector<std::string> include;
  std::vector<std::string> exclude;
  [[nodiscard]] bool matches(const change::table_name& t) const;
};
// nullopt, or what is wrong with one pattern.
[[nodiscard]] std::optional<std::string> check_pattern(std::string_view pattern);

// Ordinary tables and partition roots that the filter includes, with their refusals (leaves of a root are
// folded into it; temporary, foreign tables, views and the schemas pg_*, information_schema, pgtandem never).
[[nodiscard]] std::vector<relation> load_relations(client::connection& c, const table_filter& filter);

// The same of these tables, without looking at others.
[[nodiscard]] std::vector<relation> load_named_relations(client::connection& c,
                                                         const std::set<change::table_name>& names);

// Why `target` cannot take rows of `legacy`, one sentence each; empty if it can. Columns are matched by name:
// each of legacy's must exist with the same type, the target's own extra columns must be nullable or have a
// default, and the key must be unique on both sides.
[[nodiscard]] std::vector<std::string> incompatibilities(const relation& legacy, const relation* target);

}  // namespace pgtandem::catalog
