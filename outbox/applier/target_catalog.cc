#include "outbox/applier/target_catalog.h"

#include <fmt/format.h>

#include "protocol/catalog/image_sql.h"
#include "protocol/catalog/load.h"
#include "protocol/change/image.h"
#include "protocol/change/json_scan.h"

namespace pgtandem::outbox {

namespace {

// The same text from the server's catalog and from what was read of it.
constexpr const char* columns_still_the_same =
    "SELECT 1 / CASE WHEN bool_and(e.columns IS NOT DISTINCT FROM (SELECT string_agg(concat(a.attname, ' ', "
    "format_type(a.atttypid, a.atttypmod), ' ', a.attgenerated <> ''), ',' ORDER BY a.attnum) FROM "
    "pg_attribute a "
    "WHERE a.attrelid = e.oid AND a.attnum > 0 AND NOT a.attisdropped)) THEN 1 ELSE 0 END "
    "FROM json_to_recordset($1::json) AS e(oid oid, columns text)";

std::string columns_text(const catalog::relation& r) {
  std::string out;
  for (const auto& c : r.columns) {
    if (!out.empty()) out += ',';
    out += fmt::format("{} {} {}", c.name, c.type, c.generated ? 't' : 'f');
  }
  return out;
}

}  // namespace

void target_catalog::load(client::connection& c, const std::set<change::table_name>& names) {
  std::set<change::table_name> unknown;
  for (const auto& name : names) {
    if (!relations_.contains(name)) unknown.insert(name);
  }
  for (auto& r : catalog::load_named_relations(c, unknown)) {
    auto name = r.name;
    relations_.insert_or_assign(std::move(name), std::move(r));
  }
}

const catalog::relation* target_catalog::find(const change::table_name& name) const {
  const auto it = relations_.find(name);
  return it == relations_.end() ? nullptr : &it->second;
}

bool target_catalog::key_is_canonical(const change::table_name& name) const {
  return change::key_is_canonical(*find(name));
}

std::vector<client::connection::statement> target_catalog::check(const std::set<change::table_name>& names,
                                                                 std::string& parameter) const {
  if (names.empty()) return {};
  std::vector<std::string> tables;
  parameter.clear();
  for (const auto& name : names) {
    const auto* r = find(name);
    if (r == nullptr) continue;
    tables.push_back((r->kind == 'p' ? "" : "ONLY ") + catalog::qualified_name(name));
    parameter += fmt::format("{}{{\"oid\":{},\"columns\":", parameter.empty() ? "[" : ",", r->oid.value);
    change::append_json_string(parameter, columns_text(*r));
    parameter += '}';
  }
  parameter += ']';
  return {{fmt::format("LOCK TABLE {} IN ROW EXCLUSIVE MODE", fmt::join(tables, ", ")), {}},
          {columns_still_the_same, {parameter}}};
}

}  // namespace pgtandem::outbox
