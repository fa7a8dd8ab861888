#include "reconciler/preflight/table_facts.h"

#include <fmt/format.h>

namespace pgtandem::reconciler {

namespace {

constexpr const char* rights_sql = R"(
SELECT bool_and(has_schema_privilege(c.relnamespace, 'USAGE')), bool_and(has_table_privilege(c.oid, 'SELECT')),
       bool_and(has_table_privilege(c.oid, 'INSERT')), bool_and(has_table_privilege(c.oid, 'UPDATE')),
       bool_and(has_table_privilege(c.oid, 'DELETE')), bool_or(row_security_active(c.oid)),
       bool_or(c.relpersistence = 'u'),
       coalesce(sum(pg_relation_size(c.reltoastrelid)) FILTER (WHERE c.reltoastrelid <> 0), 0)
  FROM pg_class c WHERE c.oid = ANY ($1::oid[]))";

constexpr const char* triggers_sql = R"(
SELECT DISTINCT t.tgname, t.tgenabled FROM pg_trigger t
 WHERE t.tgrelid = ANY ($1::oid[]) AND NOT t.tgisinternal AND t.tgenabled <> 'D' ORDER BY 1)";

constexpr const char* deferrable_sql = R"(
SELECT o.conname FROM pg_constraint o
 WHERE o.conrelid = $1::oid AND o.contype IN ('p', 'u', 'x') AND o.condeferrable ORDER BY 1)";

// Two indexes make the same thing unique if columns, expressions and predicate read alike.
constexpr const char* unique_sql = R"(
SELECT (SELECT string_agg(pg_get_indexdef(x.indexrelid, k, true), ', ' ORDER BY pg_get_indexdef(x.indexrelid, k, true))
          FROM generate_series(1, x.indnkeyatts) k)
       || coalesce(' where ' || pg_get_expr(x.indpred, x.indrelid, true), ''), i.relname
  FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid WHERE x.indrelid = $1::oid AND x.indisunique)";

}  // namespace

table_facts load_table_facts(client::connection& c, const catalog::relation& r) {
  const std::string oid = std::to_string(r.oid.value);
  std::string oids = "{" + oid;
  for (const oid_t leaf : r.leaves) oids += fmt::format(",{}", leaf.value);
  oids += "}";

  table_facts f;
  const auto rights = c.query(rights_sql, {oids});
  f.schema_usage = rights.boolean(0, 0);
  f.may_select = rights.boolean(0, 1);
  f.may_insert = rights.boolean(0, 2);
  f.may_update = rights.boolean(0, 3);
  f.may_delete = rights.boolean(0, 4);
  f.filtered = rights.boolean(0, 5);
  f.unlogged = rights.boolean(0, 6);
  f.toast_bytes = rights.u64(0, 7);

  const auto triggers = c.query(triggers_sql, {oids});
  for (int i = 0; i < triggers.rows(); ++i) {
    f.triggers.push_back(
        {std::string(triggers.at(i, 0)), triggers.at(i, 1).empty() ? 'O' : triggers.at(i, 1).front()});
  }
  const auto deferrable = c.query(deferrable_sql, {oid});
  for (int i = 0; i < deferrable.rows(); ++i) f.deferrable.emplace_back(deferrable.at(i, 0));
  const auto unique = c.query(unique_sql, {oid});
  for (int i = 0; i < unique.rows(); ++i) f.unique[std::string(unique.at(i, 0))] = unique.at(i, 1);
  return f;
}

}  // namespace pgtandem::reconciler
