#include "outbox/applier/record_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

#include "outbox/applier/row_statements.h"
#include "protocol/catalog/image_sql.h"
#include "protocol/change/image.h"

namespace pgtandem::outbox {

namespace {

using catalog::qualified_name;

// Rows that the target refuses as they come: another order or grouping may be taken.
bool is_refusal(const client::pg_error& e) {
  return e.statement().value_or(0) >= target_session::first_statement && !is_worth_retrying(e) &&
         !is_schema_error(e);
}

bool is_unique_conflict(const client::pg_error& e) {
  return e.sqlstate() == "23505" || e.sqlstate() == "23P01";
}

}  // namespace

bool is_schema_error(const client::pg_error& e) {
  // undefined table, column, object, function; datatype mismatch, cannot coerce; no unique index for ON
  // CONFLICT
  static const std::set<std::string> states = {"42P01", "42703", "42704", "42883", "42804", "42846", "42P10"};
  return states.contains(e.sqlstate());
}

bool is_worth_retrying(const client::pg_error& e) {
  return e.retryable() || e.sqlstate() == "25006";
}

void record_writer::write(target_session& session, watermark& place, std::span<const stored_record> records,
                          seq_t through) {
  const auto pending = [&] {
    const auto first =
        std::find_if(records.begin(), records.end(), [&](const auto& r) { return r.seq > place.hwm; });
    return records.subspan(static_cast<std::size_t>(first - records.begin()));
  };
  try {
    write_as(session, place, pending(), through, granularity::coalesced);
    return;
  } catch (const client::pg_error& e) {
    if (!is_refusal(e)) throw;
  }
  for (const auto& record : pending()) write_stubborn(session, place, record);
  if (place.hwm < through) write_as(session, place, {}, through, granularity::coalesced);
}

// One transaction.
void record_writer::write_as(target_session& session, watermark& place,
                             std::span<const stored_record> records, seq_t through, granularity how) {
  std::set<change::table_name> names;
  for (const auto& r : records) {
    for (const auto& c : r.record.changes) names.insert(r.record.tables[c.table]);
  }
  catalog_.load(session.connection(), names);
  for (const auto& name : names) {
    if (catalog_.find(name) == nullptr) {
      throw table_mismatch(fmt::format("the target has no table {}", qualified_name(name)));
    }
  }
  const auto plan = make_plan(
      records, [&](const change::table_name& name) { return change::key_is_canonical(*catalog_.find(name)); },
      how);
  std::vector<row_statement> rows;
  std::vector<std::size_t> step_of;
  for (std::size_t i = 0; i < plan.size(); ++i) {
    for (auto& s : make_statements(*catalog_.find(*plan[i].table), plan[i])) {
      rows.push_back(std::move(s));
      step_of.push_back(i);
    }
  }
  std::string columns;
  auto statements = catalog_.check(names, columns);
  const auto before_rows = statements.size() + target_session::first_statement;
  for (const auto& s : rows) statements.push_back({s.sql, {s.rows}});
  try {
    session.write(place, through, std::move(statements));
  } catch (const client::pg_error& e) {
    const auto failed = e.statement().value_or(0);
    const bool is_row = failed >= before_rows && failed - before_rows < step_of.size();
    last_failed_table_.clear();
    last_failed_key_.clear();
    if (is_row) {
      const auto& step = plan[step_of[failed - before_rows]];
      last_failed_table_ = qualified_name(*step.table);
      if (step.rows.size() == 1) last_failed_key_ = step.rows.front()->key;
    }
    if (!names.empty() && failed + 1 == before_rows && e.sqlstate() == "22012") {
      throw table_mismatch("the columns of a table on the target have been changed");
    }
    throw;
  }
  place.hwm = through;
  for (const auto& step : plan) rows_written_ += step.rows.size();
}

// One record that was refused as part of many: as a whole, then change by change, then with its rows removed
// first.
void record_writer::write_stubborn(target_session& session, watermark& place, const stored_record& record) {
  const std::span<const stored_record> one(&record, 1);
  try {
    write_as(session, place, one, record.seq, granularity::coalesced);
    return;
  } catch (const client::pg_error& e) {
    if (!is_refusal(e)) throw;
  }
  std::optional<halt> reason;
  try {
    write_as(session, place, one, record.seq, granularity::in_order);
    return;
  } catch (const client::pg_error& e) {
    if (!is_refusal(e)) throw;
    const auto say = [&](const std::string& key) {
      return fmt::format("the target refuses seq {}, table {}{}: {} [{}]", record.seq.value,
                         last_failed_table_, key, e.what(), e.sqlstate());
    };
    reason.emplace(say(", key " + last_failed_key_), say(""));
    if (!is_unique_conflict(e) || !may_replace(record)) throw *reason;
  }
  try {
    write_as(session, place, one, record.seq, granularity::replaced);
  } catch (const client::pg_error& e) {
    if (!is_refusal(e)) throw;
    throw *reason;
  }
}

// Removing a row would lose what the target keeps in columns of its own.
bool record_writer::may_replace(const stored_record& record) const {
  return std::none_of(record.record.changes.begin(), record.record.changes.end(), [&](const auto& c) {
    return c.op == change::op::upsert &&
           has_own_columns(*catalog_.find(record.record.tables[c.table]), c.image);
  });
}

}  // namespace pgtandem::outbox
