#include "outbox/applier/careful_writer.h"

#include <fmt/format.h>

#include <algorithm>

#include "outbox/applier/refusals.h"
#include "outbox/applier/rows_in_the_way.h"
#include "protocol/catalog/image_sql.h"

namespace pgtandem::outbox {

namespace {

constexpr int most_obstacles = 32;  // that are cleared for one row, one after the other

using statement = client::connection::statement;

// Runs them under a savepoint. nullopt: done, with what the last of them returned in `result`.
std::optional<client::pg_error> try_statements(client::connection& target,
                                               const std::vector<row_statement>& rows,
                                               std::optional<client::result>* result = nullptr) {
  std::vector<statement> all{{"SAVEPOINT pgtandem_rows", {}}};
  for (const auto& s : rows) all.push_back(to_statement(s));
  all.push_back({"RELEASE SAVEPOINT pgtandem_rows", {}});
  try {
    auto results = target.pipeline(all);
    if (result != nullptr) result->emplace(std::move(results[results.size() - 2]));
    return std::nullopt;
  } catch (const client::pg_error& e) {
    if (!is_row_refusal(e)) throw;
    target.query_simple("ROLLBACK TO SAVEPOINT pgtandem_rows; RELEASE SAVEPOINT pgtandem_rows");
    return e;
  }
}

}  // namespace

void careful_writer::write(std::span<const stored_record> records, const held_back_changes& held,
                           const std::function<bool(const place&)>& comes_later) {
  records_ = records;
  comes_later_ = &comes_later;
  const auto plan = make_plan_in_order(
      records, [&](const change::table_name& name) { return catalog_.key_is_canonical(name); }, held);
  note_places(plan);
  std::size_t number = 0;
  for (const auto& step : plan) {
    write(stretch{&step, 0, step.rows.size(), number});
    number += step.rows.size();
  }
}

void careful_writer::note_places(const std::vector<apply_step>& plan) {
  last_.clear();
  std::size_t number = 0;
  for (const auto& step : plan)
    for (const auto* c : step.rows) last_[{*step.table, c->key}] = number++;
}

bool careful_writer::is_written_later(const place& at, std::size_t number) const {
  const auto found = last_.find(at);
  return (found != last_.end() && found->second > number) || (*comes_later_)(at);
}

void careful_writer::write(const stretch& rows) {
  auto refusal = attempt(rows);
  if (!refusal) return;
  if (rows.step->op == change::op::truncate)
    throw table_mismatch(
        fmt::format("a trigger of table {} on the target refuses to have all rows removed, "
                    "as a TRUNCATE has done [{}]",
                    catalog::qualified_name(*rows.step->table), refusal->sqlstate()));
  if (rows.last - rows.first == 1) return settle(rows, std::move(*refusal));
  const std::size_t half = (rows.last - rows.first) / 2;
  write(stretch{rows.step, rows.first, rows.first + half, rows.number});
  write(stretch{rows.step, rows.first + half, rows.last, rows.number + half});
}

std::optional<client::pg_error> careful_writer::attempt(const stretch& rows) {
  table_ = *rows.step->table;
  auto refusal = try_statements(target_, statements_of(rows));
  if (refusal) return refusal;
  rows_written_ += rows.last - rows.first;
  for (std::size_t i = rows.first; i < rows.last; ++i) {
    const auto& taken = *rows.step->rows[i];
    parked_.release(*table_, taken);
    if (taken.op == change::op::truncate)  // what was set aside was a row of before
      std::erase_if(aside_, [&](const auto& row) { return row.first.first == *table_; });
    else if (!aside_.empty())
      aside_.erase({*table_, taken.key});
  }
  return std::nullopt;
}

std::vector<row_statement> careful_writer::statements_of(const stretch& rows) {
  const auto& target = *catalog_.find(*rows.step->table);
  apply_step plain{rows.step->table, rows.step->op, rows.step->heal, {}};
  std::vector<row_statement> restorations;
  for (std::size_t i = rows.first; i < rows.last; ++i) {
    const auto* c = rows.step->rows[i];
    const bool may_restore = !aside_.empty() && c->op == change::op::upsert;
    const auto aside = may_restore ? aside_.find({*rows.step->table, c->key}) : aside_.end();
    if (aside == aside_.end())
      plain.rows.push_back(c);
    else
      restorations.push_back(make_restoration(target, c->image, aside->second));
  }
  auto statements = make_statements(target, plain);
  std::ranges::move(restorations, std::back_inserter(statements));
  return statements;
}

// A row by itself. What stands in its way and is written again later in this run, can make room now.
void careful_writer::settle(const stretch& row, client::pg_error refusal) {
  std::vector<std::string> obstacles;
  for (int cleared = 0; cleared < most_obstacles; ++cleared) {
    obstacles = in_the_way(row, refusal);
    const bool makes_room = !obstacles.empty() && std::ranges::all_of(obstacles, [&](const std::string& key) {
      const place at{*row.step->table, key};
      return is_written_later(at, row.number) && set_aside(at, *row.step->rows[row.first]);
    });
    if (!makes_room) break;
    auto again = attempt(row);
    if (!again) return;
    refusal = std::move(*again);
  }
  park(row, refusal, obstacles);
}

std::vector<std::string> careful_writer::in_the_way(const stretch& row, const client::pg_error& refusal) {
  const auto& target = *catalog_.find(*row.step->table);
  const auto* c = row.step->rows[row.first];
  if (!is_unique_conflict(refusal) || c->op != change::op::upsert || !target.refusals.empty()) return {};
  target_.query_simple("SAVEPOINT pgtandem_look");
  std::vector<std::string> keys;
  try {
    keys = rows_in_the_way(target_, target, c->image, refusal.constraint());
  } catch (const client::pg_error& e) {
    if (is_worth_retrying(e)) throw;  // an index on what cannot be computed here: nothing is known
  }
  target_.query_simple("ROLLBACK TO SAVEPOINT pgtandem_look; RELEASE SAVEPOINT pgtandem_look");
  std::erase(keys, c->key);
  return keys;
}

// Images of a table have the same columns: those of the row that needs the room tell which the target has
// beside.
bool careful_writer::set_aside(const place& at, const change::row_change& maker) {
  std::optional<client::result> gone;
  if (try_statements(target_, {make_removal(*catalog_.find(at.first), at.second, maker.image)}, &gone))
    return false;
  if (gone->rows() == 0 || gone->columns() == 0) return true;
  std::vector<std::optional<std::string>> own;
  for (int i = 0; i < gone->columns(); ++i)
    own.push_back(gone->is_null(0, i) ? std::nullopt : std::optional(std::string(gone->at(0, i))));
  aside_.insert_or_assign(at, std::move(own));
  return true;
}

void careful_writer::park(const stretch& row, const client::pg_error& refusal,
                          const std::vector<std::string>& obstacles) {
  const auto* c = row.step->rows[row.first];
  const auto holds = [&](const stored_record& r) {
    const auto& changes = r.record.changes;
    return !changes.empty() && !std::less<>{}(c, changes.data()) &&
           std::less<>{}(c, changes.data() + changes.size());
  };
  parked_key refused;
  refused.table = *row.step->table;
  refused.key = c->key;
  refused.seq = std::ranges::find_if(records_, holds)->seq;
  refused.sqlstate = refusal.sqlstate();
  refused.reason = refusal.what();
  if (!obstacles.empty()) refused.in_the_way = obstacles.front();
  parked_.park(std::move(refused));
  if (parked_.staged_size() <= most_parked_keys) return;
  throw halt(fmt::format(
      "the target refuses more than {} rows, the last one of table {} [{}]: look at `pgtandem parked "
      "list`, let the target take them and start pgtandem again",
      most_parked_keys, catalog::qualified_name(*row.step->table), refusal.sqlstate()));
}

}  // namespace pgtandem::outbox
