#include "reconciler/settle/backend_check.h"

#include <fmt/format.h>

namespace pgtandem::reconciler {

std::string server_clock(client::connection& legacy) {
  return std::string(legacy.query("SELECT pg_catalog.clock_timestamp()::pg_catalog.text").at(0, 0));
}

bool terminate_if_open(client::connection& legacy, const held_commit& held) {
  if (held.backend_pid == 0) return false;
  // xact_start and state are hidden from a role without pg_read_all_stats: such a backend counts as the one.
  const std::string which =
      held.xid.value != 0 ? fmt::format("a.backend_xid::pg_catalog.text = '{}'", held.xid.value & 0xffffffffU)
                          : std::string(
                                "(a.state IS NULL OR a.state IN ('active', 'idle in transaction', 'idle in "
                                "transaction (aborted)'))"
                                " AND (a.xact_start IS NULL OR a.xact_start <= $1::pg_catalog.timestamptz)");
  const std::string sql = fmt::format(
      "SELECT pg_catalog.pg_terminate_backend(a.pid) FROM pg_catalog.pg_stat_activity a"
      " WHERE a.pid = {} AND a.pid <> pg_catalog.pg_backend_pid() AND {}",
      held.backend_pid, which);
  if (held.xid.value != 0) return legacy.query(sql).rows() > 0;
  return legacy.query(sql, {held.first_looked}).rows() > 0;
}

}  // namespace pgtandem::reconciler
