// Own queries around a statement: old keys, and those of rows to which foreign keys carry it, are read before
// it runs; what its parts in WITH have noted, behind it.
#include "proxy/session/session.h"

namespace pgtandem::proxy {

// Goes ahead of the Execute of a statement that changes keys, or whose removals foreign keys carry further.
// `bind` is the body of the client's Bind, empty for a statement of a simple Query. Where nothing is asked,
// the statement's completion says that keys are missing.
void session::ask_ahead(const plan& p, std::string_view bind) {
  if (p.old_keys) ask_ahead(own_query::old_keys, *p.old_keys, p, bind);
  if (!p.cascaded_keys) return;
  ask_ahead(own_query::cascade_rows, p.cascaded_keys->rows, p, bind);
  for (const auto& keys : p.cascaded_keys->keys) ask_ahead(own_query::cascade_keys, keys, p, bind);
}

void session::ask_ahead(own_query q, const old_keys_query& what, const plan& p, std::string_view bind) {
  const auto types = parameter_types(what, p.parameter_types);
  const auto given = bind.empty() ? wire::bind{} : wire::decode_bind(bind);
  const auto values = given ? bind_of(what, *given) : std::nullopt;
  // Its errors are the statement's own.
  if (values) server_.ask_once(q, what.sql, types, *values, {.to = audience::script});
}

// In the same batch: where the statement fails it is skipped.
void session::ask_behind(const plan& p) {
  if (!p.noted_rows.empty())
    server_.ask_once(own_query::noted_rows, p.noted_rows, {}, {}, {.to = audience::script});
}

void session::on_own_row(outstanding& o, const wire::frame_view& f) {
  const auto row = wire::decode_data_row(f.body);
  if (!row) return;
  ++o.rows_given;
  if (o.own == own_query::names) {
    broken_ |= !planner_.note_name(*row, o.names_generation);  // unknown is not the same as not mirrored
  } else if (o.own == own_query::witness || o.own == own_query::witness_locks ||
             o.own == own_query::witness_of_prepare) {
    hold_.witness = decode_witness(*row);
  } else if (o.own == own_query::old_keys) {
    const auto& columns = row->columns;
    if (columns.size() != 1 || !transaction_.add_old_key(columns[0], planner_.catalog()))
      transaction_.add_unproven();
    stage_due_chunk();
  } else if (o.own == own_query::copied_rows) {
    const auto& columns = row->columns;
    if (columns.size() != 1 ||
        !transaction_.add_image(columns[0], sql::statement_kind::insert, planner_.catalog()))
      transaction_.add_unproven();
    stage_due_chunk();
  } else if (o.own == own_query::noted_rows) {
    transaction_.add_noted(*row, planner_.catalog());
    stage_due_chunk();
  } else if (o.own == own_query::cascade_rows) {
    transaction_.note_cascade_rows(*row);
  } else if (o.own == own_query::cascade_keys) {
    transaction_.add_cascaded_key(row->columns.size() == 1 ? row->columns[0] : std::nullopt,
                                  planner_.catalog());
  }
}

}  // namespace pgtandem::proxy
