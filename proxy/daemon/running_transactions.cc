#include "proxy/daemon/running_transactions.h"

namespace pgtandem::proxy {

std::string id_in_locks(xid_t xid) {
  return std::to_string(xid.value & 0xffffffffU);
}

// A snapshot would not do: it knows no transaction that began behind the last one that ended. Every
// transaction holds a lock on its own id until it is over. Locks of a prepared one have no pid; its virtual
// transaction is still that of its session, or after a crash made of its id.
running_transactions look_at_transactions(client::connection& legacy) {
  const auto found = legacy.query(
      "WITH lock AS MATERIALIZED (SELECT * FROM pg_catalog.pg_locks WHERE granted), "
      "written AS (SELECT DISTINCT l.virtualtransaction, n.nspname, c.relname FROM lock l "
      "JOIN pg_catalog.pg_class c ON c.oid = coalesce(pg_catalog.pg_partition_root(l.relation), l.relation) "
      "JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
      "WHERE l.locktype = 'relation' AND l.mode = ANY "
      "('{RowExclusiveLock,ShareRowExclusiveLock,ExclusiveLock,AccessExclusiveLock}'::text[]) "
      "AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())) "
      "SELECT x.transactionid::text, x.pid IS NULL, w.nspname, w.relname FROM lock x "
      "LEFT JOIN written w ON x.pid IS NULL AND w.virtualtransaction = x.virtualtransaction "
      "WHERE x.locktype = 'transactionid' AND x.mode = 'ExclusiveLock'");
  running_transactions now;
  for (int i = 0; i < found.rows(); ++i) {
    const std::string id(found.at(i, 0));
    if (!found.boolean(i, 1)) {
      now.in_sessions.insert(id);
      continue;
    }
    now.prepared.insert(id);
    if (!found.is_null(i, 2))
      now.locked_by_prepared[{std::string(found.at(i, 2)), std::string(found.at(i, 3))}].insert(id);
  }
  return now;
}

std::optional<std::set<change::table_name>> written_by_prepared(client::connection& legacy,
                                                                const std::string& gid) {
  const auto found = legacy.query(
      "SELECT transaction::text FROM pg_catalog.pg_prepared_xacts WHERE gid = $1 AND database = "
      "current_database()",
      {gid});
  if (found.rows() == 0) return std::nullopt;
  const std::string id(found.at(0, 0));
  const auto now = look_at_transactions(legacy);
  if (!now.prepared.contains(id)) return std::nullopt;  // by now it has ended
  std::set<change::table_name> tables;
  for (const auto& [table, by] : now.locked_by_prepared)
    if (by.contains(id)) tables.insert(table);
  return tables;
}

}  // namespace pgtandem::proxy
