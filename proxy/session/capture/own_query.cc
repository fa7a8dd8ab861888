#include "proxy/session/capture/own_query.h"

#include <array>
#include <charconv>
#include <string>

#include "protocol/catalog/image_sql.h"

namespace pgtandem::proxy {
namespace {

struct definition {
  std::string_view name;
  std::string_view sql;
};

// The parts that are put together once.
const std::string names_sql =
    "SELECT c.oid::pg_catalog.text, c.relkind::pg_catalog.text, pg_catalog.has_table_privilege(c.oid, "
    "'SELECT'), "
    "pg_catalog.row_security_active(c.oid), c.relhastriggers, "
    // A view's own rule is about reading it.
    "c.relhasrules AND EXISTS (SELECT FROM pg_catalog.pg_rewrite r WHERE r.ev_class OPERATOR(pg_catalog.=) "
    "c.oid "
    "AND r.ev_type OPERATOR(pg_catalog.<>) '1'), c.relnatts::pg_catalog.text, c.relpersistence "
    "OPERATOR(pg_catalog.=) 't', (" +
    std::string(catalog::unmet_needs_sql()) +
    ")::pg_catalog.text, pg_catalog.has_table_privilege(c.oid, 'UPDATE'), c.relhassubclass "
    "FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) "
    "c.relnamespace "
    "WHERE c.relname OPERATOR(pg_catalog.=) $1::pg_catalog.name AND c.relkind OPERATOR(pg_catalog.=) "
    "ANY ('{r,p,v,m,f}'::pg_catalog.\"char\"[]) AND CASE WHEN $2::pg_catalog.text IS NULL "
    "THEN pg_catalog.pg_table_is_visible(c.oid) "
    "ELSE n.nspname OPERATOR(pg_catalog.=) $2::pg_catalog.text::pg_catalog.name END";

// pg_locks of the own backend names every table that was written, also by functions, cascades and rolled-back
// savepoints; the statistics counters do not.
const std::string witness_locks_sql =
    "SELECT pg_catalog.txid_current_if_assigned()::pg_catalog.text, "
    "pg_catalog.pg_current_wal_insert_lsn()::pg_catalog.text, "
    "(SELECT pg_catalog.string_agg(DISTINCT l.relation::pg_catalog.text, ' ') FROM pg_catalog.pg_locks l "
    "WHERE l.pid OPERATOR(pg_catalog.=) pg_catalog.pg_backend_pid() "
    "AND l.locktype OPERATOR(pg_catalog.=) 'relation' AND l.mode OPERATOR(pg_catalog.=) ANY "
    "('{RowExclusiveLock,ShareRowExclusiveLock,ExclusiveLock,AccessExclusiveLock}'::pg_catalog.text[]))";

// PREPARE TRANSACTION would give it the id a moment later.
const std::string witness_of_prepare_sql =
    witness_locks_sql +
    ", CASE WHEN NOT pg_catalog.pg_is_in_recovery() THEN pg_catalog.txid_current()::pg_catalog.text END";

const std::array<definition, own_query_count> definitions{{
    {"", ""},
    {"_pgtandem_names", names_sql},
    {"_pgtandem_witness",
     "SELECT pg_catalog.txid_current_if_assigned()::pg_catalog.text, "
     "pg_catalog.pg_current_wal_insert_lsn()::pg_catalog.text, NULL::pg_catalog.text"},
    {"_pgtandem_witness_locks", witness_locks_sql},
    {"_pgtandem_witness_of_prepare", witness_of_prepare_sql},
    {"_pgtandem_copied_rows", ""},
    {"_pgtandem_old_keys", ""},
    {"_pgtandem_prepare_again", ""},
    {"_pgtandem_cascade_rows", ""},
    {"_pgtandem_cascade_keys", ""},
    {"_pgtandem_noted_rows", ""},
    {"_pgtandem_rollback", "ROLLBACK"},
}};

template <class Number>
bool parse_number(std::string_view text, Number& out, int base = 10) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out, base);
  return error == std::errc{} && end == text.data() + text.size();
}

std::optional<lsn_t> parse_lsn(std::string_view text) {
  const auto slash = text.find('/');
  std::uint64_t high = 0, low = 0;
  if (slash == std::string_view::npos || !parse_number(text.substr(0, slash), high, 16) ||
      !parse_number(text.substr(slash + 1), low, 16))
    return std::nullopt;
  return lsn_t{(high << 32) | low};
}

}  // namespace

std::string_view own_statement_name(own_query q) {
  return definitions[static_cast<std::size_t>(q)].name;
}
std::string_view own_statement_sql(own_query q) {
  return definitions[static_cast<std::size_t>(q)].sql;
}

std::optional<resolved_name> decode_names(const wire::data_row& row) {
  const auto& c = row.columns;
  resolved_name name;
  if (c.size() != 11 || !c[0] || !c[1] || c[1]->size() != 1 || !c[6] || !c[8]) return std::nullopt;
  if (!parse_number(*c[0], name.oid.value) || !parse_number(*c[6], name.columns) ||
      !parse_number(*c[8], name.unmet))
    return std::nullopt;
  name.kind = (*c[1])[0];
  name.may_select = c[2] == "t";
  name.row_security = c[3] == "t";
  name.has_triggers = c[4] == "t";
  name.has_rules = c[5] == "t";
  name.temporary = c[7] == "t";
  name.may_lock = c[9] == "t";
  name.has_children = c[10] == "t";
  return name;
}

std::optional<witness> decode_witness(const wire::data_row& row) {
  const auto& c = row.columns;
  if (c.size() < 3 || c.size() > 4 || !c[1]) return std::nullopt;
  witness w;
  if (c[0] && !parse_number(*c[0], w.xid.value)) return std::nullopt;
  const auto lsn = parse_lsn(*c[1]);
  if (!lsn) return std::nullopt;
  w.lsn = *lsn;
  if (c.size() == 4 && c[3] && !parse_number(*c[3], w.prepared_as.value)) return std::nullopt;
  std::string_view rest = c[2].value_or("");
  while (!rest.empty()) {
    const auto blank = rest.find(' ');
    oid_t oid;
    if (!parse_number(rest.substr(0, blank), oid.value)) return std::nullopt;
    w.write_locked.push_back(oid);
    rest = blank == std::string_view::npos ? std::string_view{} : rest.substr(blank + 1);
  }
  return w;
}

}  // namespace pgtandem::proxy
