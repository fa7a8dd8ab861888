// The statements that a session slips into the client's own legacy connection, and what they answer.
//
// They run under names of their own (`_pgtandem_*`), never touch the client's unnamed statement or portal,
// and every name in them is schema-qualified, so that no search_path of the client reaches them. Pure
// functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/sql/statement.h"
#include "protocol/types.h"
#include "protocol/wire/backend/data_row.h"

namespace pgtandem::proxy {

enum class own_query : std::uint8_t {
  none,
  names,               // which relation a name means in this session, and what its settings mean to images
  witness,             // has this transaction written, and at which position
  witness_locks,       // the same, and which tables it holds write locks on
  witness_of_prepare,  // the same of one that is to be prepared, which has an id then in any case
  copied_rows,         // the rows that a COPY has just written; its text is made anew each time
  old_keys,            // the keys of rows that are about to get others; its text is made anew each time
  prepare_again,       // a statement that the client prepared by SQL; its text is made anew each time
  cascade_rows,  // locks rows that are about to go, from which foreign keys cascade; made anew each time, too
  cascade_keys,  // the keys of rows that refer to them; made anew each time, too
  noted_rows,    // what the parts of a statement have just noted (noted_rows.h); made anew each time, too
  rollback,      // aborts the client's transaction after its record could not be made durable
};
inline constexpr std::size_t own_query_count = 12;

[[nodiscard]] std::string_view own_statement_name(own_query q);
[[nodiscard]] std::string_view own_statement_sql(own_query q);

// What a name means to the session right now.
struct resolved_name {
  oid_t oid;                  // 0: no such relation
  char kind = 0;              // pg_class.relkind
  bool may_select = false;    // the session's role may read every column
  bool may_lock = false;      // the same, its rows, like a writer
  bool row_security = false;  // active for the session's role
  bool has_triggers = false;  // internal ones of foreign keys included
  bool has_rules = false;     // on writes
  bool has_children = false;  // that inherit, or partitions; or had some
  std::uint32_t columns = 0;  // pg_class.relnatts, dropped ones included
  bool temporary = false;     // of the session's own: no other can give its name to another table
  std::uint8_t unmet = 0;     // catalog::column_needs that the session's settings do not meet
  // To write it may write other tables, too.
  [[nodiscard]] bool carries_writes() const {
    return has_triggers || has_rules || (kind == 'r' && has_children);
  }
  friend bool operator==(const resolved_name&, const resolved_name&) = default;
};

// nullopt if the row is not what the query returns.
[[nodiscard]] std::optional<resolved_name> decode_names(const wire::data_row& row);

struct witness {
  xid_t xid;                        // 0: the transaction has written nothing
  lsn_t lsn;                        // insert position of legacy's write-ahead log
  std::vector<oid_t> write_locked;  // not from witness
  xid_t prepared_as;                // only from witness_of_prepare
};

[[nodiscard]] std::optional<witness> decode_witness(const wire::data_row& row);

}  // namespace pgtandem::proxy
