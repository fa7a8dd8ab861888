#include "outbox/applier/record_writer.h"

#include <fmt/format.h>

#include <algorithm>

#include "outbox/applier/careful_writer.h"
#include "outbox/applier/row_statements.h"
#include "protocol/catalog/image_sql.h"

namespace pgtandem::outbox {

namespace {

using catalog::qualified_name;

constexpr const char* columns_changed = "the columns of a table on the target have been changed";

bool is_chunked(const stored_record& r) {
  return !r.record.chunks.empty();
}

bool has(const std::vector<change::row_change>& changes, const change::record& of,
         const change::table_name& table, const std::string& key) {
  return std::ranges::any_of(changes,
                             [&](const auto& c) { return c.key == key && of.tables[c.table] == table; });
}

}  // namespace

void record_writer::write(target_session& session, watermark& place, std::span<const stored_record> records,
                          seq_t through) {
  const auto first = std::ranges::find_if(records, [&](const auto& r) { return r.seq > place.hwm; });
  for (auto rest = records.subspan(static_cast<std::size_t>(first - records.begin())); !rest.empty();) {
    const auto large = std::ranges::find_if(rest, is_chunked);
    const auto count = std::max<std::size_t>(static_cast<std::size_t>(large - rest.begin()), 1);
    write_run(session, place, {rest.first(count), {}, count == rest.size() ? through : rest[count - 1].seq});
    rest = rest.subspan(count);
  }
  if (place.hwm < through) write_run(session, place, {{}, {}, through});
}

void record_writer::write_run(target_session& session, watermark& place, run r) {
  load_catalog(session, r);
  try {
    write_at_once(session, place, r);
  } catch (const client::pg_error& e) {
    if (e.statement().value_or(0) < target_session::first_statement || !is_row_refusal(e)) throw;
    write_carefully(session, place, r);
  }
  parked_.committed(parked_keys::clock::now());
  place.hwm = r.through;
}

void record_writer::load_catalog(target_session& session, run& r) {
  for (const auto& record : r.records) {
    if (is_chunked(record)) r.names.insert(record.record.tables.begin(), record.record.tables.end());
    for (const auto& c : record.record.changes) r.names.insert(record.record.tables[c.table]);
  }
  catalog_.load(session.connection(), r.names);
  for (const auto& name : r.names) {
    if (catalog_.find(name) == nullptr) {
      throw table_mismatch(fmt::format("the target has no table {}", qualified_name(name)));
    }
  }
}

void record_writer::for_each_piece(const run& r, const visit_piece& visit) const {
  if (!r.is_large()) return visit(r.records, 0, piece::whole);
  const auto& record = r.records.front();
  std::size_t i = 0;
  for (; i < record.record.chunks.size(); ++i) {
    stored_record part{record.seq, {}};
    part.record.tables = record.record.tables;
    part.record.changes = chunks_(record, i);
    visit({&part, 1}, i, i == 0 ? piece::first : piece::middle);
  }
  visit(r.records, i, piece::last);
}

// Whether a piece behind this one changes the key. Chunks are read for it, so it is asked only where rows
// stand in each other's way.
bool record_writer::comes_later(const run& r, std::size_t number, const change::table_name& table,
                                const std::string& key) const {
  if (!r.is_large() || number == r.records.front().record.chunks.size()) return false;
  const auto& record = r.records.front();
  for (std::size_t i = number + 1; i < record.record.chunks.size(); ++i)
    if (has(chunks_(record, i), record.record, table, key)) return true;
  return has(record.record.changes, record.record, table, key);
}

void record_writer::write_at_once(target_session& session, const watermark& place, const run& r) {
  const auto now = parked_keys::clock::now();
  std::set<parked_keys::place> tried;
  std::uint64_t rows = 0;
  parked_.begin();
  try {
    for_each_piece(r, [&](std::span<const stored_record> records, std::size_t, piece part) {
      rows += write_piece(session, place, r, records, parked_.held_back(records, now, tried), part);
    });
  } catch (...) {
    if (r.is_large()) session.roll_back();
    throw;
  }
  rows_written_ += rows;
}

std::uint64_t record_writer::write_piece(target_session& session, const watermark& place, const run& r,
                                         std::span<const stored_record> records,
                                         const held_back_changes& held, piece part) {
  const auto plan = make_plan(
      records, [&](const change::table_name& name) { return catalog_.key_is_canonical(name); }, held);
  std::vector<row_statement> rows;
  std::vector<std::size_t> step_of;
  for (std::size_t i = 0; i < plan.size(); ++i) {
    for (auto& s : make_statements(*catalog_.find(*plan[i].table), plan[i])) {
      rows.push_back(std::move(s));
      step_of.push_back(i);
    }
    for (const auto* c : plan[i].rows) parked_.release(*plan[i].table, *c);
  }
  std::string columns;
  std::vector<client::connection::statement> statements;
  const bool begins = part == piece::whole || part == piece::first;
  if (begins) statements = catalog_.check(r.names, columns);
  const auto before_rows = statements.size() + target_session::first_statement;
  for (const auto& s : rows) statements.push_back(to_statement(s));
  if (part == piece::whole || part == piece::last)
    std::ranges::move(parked_.changes(), std::back_inserter(statements));
  try {
    session.write(place, r.through, std::move(statements), part);
  } catch (const client::pg_error& e) {
    const auto failed = e.statement().value_or(0);
    const bool is_row = failed >= before_rows && failed - before_rows < step_of.size();
    last_failed_table_ = is_row ? qualified_name(*plan[step_of[failed - before_rows]].table) : "";
    if (begins && !r.names.empty() && failed + 1 == before_rows && e.sqlstate() == "22012")
      throw table_mismatch(columns_changed);
    throw;
  }
  std::uint64_t written = 0;
  for (const auto& step : plan) written += step.rows.size();
  return written;
}

void record_writer::write_carefully(target_session& session, const watermark& place, const run& r) {
  const auto now = parked_keys::clock::now();
  std::set<parked_keys::place> tried;
  std::string columns;
  parked_.begin();
  careful_writer careful(session.connection(), catalog_, parked_);
  try {
    session.write(place, r.through, catalog_.check(r.names, columns), piece::first);
    for_each_piece(r, [&](std::span<const stored_record> records, std::size_t number, piece) {
      careful.write(records, parked_.held_back(records, now, tried), [&](const careful_writer::place& at) {
        return comes_later(r, number, at.first, at.second);
      });
    });
    session.write(place, r.through, parked_.changes(), piece::last);
  } catch (const client::pg_error& e) {
    session.roll_back();
    last_failed_table_ = careful.table() ? qualified_name(*careful.table()) : "";
    if (!careful.table() && e.sqlstate() == "22012") throw table_mismatch(columns_changed);
    throw;
  } catch (...) {
    session.roll_back();
    throw;
  }
  rows_written_ += careful.rows_written();
}

}  // namespace pgtandem::outbox
