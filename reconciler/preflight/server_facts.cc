#include "reconciler/preflight/server_facts.h"

#include <fmt/format.h>

namespace pgtandem::reconciler {

namespace {

constexpr const char* facts_sql = R"(
SELECT current_user, current_database(), pg_is_in_recovery(), pg_encoding_to_char(d.encoding),
       d.datcollate || ' ' || d.datctype, (SELECT s.reset_val FROM pg_settings s WHERE s.name = 'TimeZone'),
       (SELECT system_identifier FROM pg_control_system()) || ' ' || pg_postmaster_start_time()::text,
       pg_has_role(current_user, 'pg_signal_backend', 'USAGE'),
       pg_has_role(current_user, 'pg_monitor', 'USAGE') OR pg_has_role(current_user, 'pg_read_all_stats', 'USAGE'),
       has_database_privilege(current_database(), 'CREATE')
         OR EXISTS (SELECT FROM pg_namespace n WHERE n.nspname = 'pgtandem'
                      AND pg_has_role(current_user, n.nspowner, 'USAGE')),
       (SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE c.relkind = 'S' AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'pgtandem'))
  FROM pg_database d WHERE d.datname = current_database())";

// Lines for this database whose address holds the one that our own connection comes from. Host names and the
// keywords count as a match: nothing here says that they are not.
constexpr const char* open_lines_sql = R"(
SELECT line_number, type || ' address ' || coalesce(address, '-') || coalesce(' mask ' || netmask, '')
         || ' method ' || auth_method
  FROM pg_hba_file_rules
 WHERE error IS NULL AND type <> 'local' AND auth_method IN ('trust', 'peer', 'ident')
   AND (database && ARRAY['all', 'sameuser', 'samerole', 'samegroup', current_database()::text]
        OR EXISTS (SELECT FROM unnest(database) d WHERE d LIKE '/%' OR d LIKE '@%'))
   AND CASE WHEN netmask IS NULL OR inet_client_addr() IS NULL THEN true
            WHEN family(address::inet) <> family(inet_client_addr()) THEN false
            ELSE (host(inet_client_addr())::inet & netmask::inet) = (address::inet & netmask::inet) END
 ORDER BY line_number)";

bool may_set_replication_role(client::connection& c) {
  try {
    c.query_simple("BEGIN");
    c.query_simple("SET LOCAL session_replication_role = replica");
    c.query_simple("ROLLBACK");
    return true;
  } catch (const client::pg_error& e) {
    if (e.connection_lost()) throw;
    c.query_simple("ROLLBACK");
    return false;
  }
}

std::optional<std::vector<open_hba_line>> load_open_lines(client::connection& c) {
  try {
    const auto r = c.query(open_lines_sql);
    std::vector<open_hba_line> lines;
    for (int i = 0; i < r.rows(); ++i) lines.push_back({r.u64(i, 0), std::string(r.at(i, 1))});
    return lines;
  } catch (const client::pg_error& e) {
    if (e.connection_lost()) throw;
    return std::nullopt;
  }
}

}  // namespace

server_facts load_server_facts(client::connection& c) {
  const auto r = c.query(facts_sql);
  server_facts f;
  f.version = c.server_version();
  f.role = r.at(0, 0);
  f.database = r.at(0, 1);
  f.in_recovery = r.boolean(0, 2);
  f.encoding = r.at(0, 3);
  f.collation = r.at(0, 4);
  f.time_zone = r.at(0, 5);
  f.life = r.at(0, 6);
  f.may_terminate = r.boolean(0, 7);
  f.may_monitor = r.boolean(0, 8);
  f.may_create = r.boolean(0, 9);
  f.sequences = r.u64(0, 10);
  f.may_replicate_role = may_set_replication_role(c);
  f.open_lines = load_open_lines(c);
  return f;
}

}  // namespace pgtandem::reconciler
