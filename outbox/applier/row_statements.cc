#include "outbox/applier/row_statements.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "protocol/catalog/image_sql.h"
#include "protocol/change/image.h"
#include "protocol/change/json_scan.h"

namespace pgtandem::outbox {

namespace {

using catalog::column;
using catalog::qualified_name;
using catalog::quote_identifier;
using catalog::relation;

std::vector<change::json_member_view> members_of(const relation& target, std::string_view object) {
  auto members = change::json_members(object);
  if (!members) throw table_mismatch(fmt::format("a change of {} is damaged", qualified_name(target.name)));
  return std::move(*members);
}

// Raw name tokens, as a key under which rows of the same shape meet.
std::string shape_key(const std::vector<change::json_member_view>& members) {
  std::string key;
  for (const auto& m : members) key.append(m.name).push_back(',');
  return key;
}

std::set<std::string> names_in(const relation& target, const std::vector<change::json_member_view>& members) {
  std::set<std::string> names;
  for (const auto& m : members) {
    auto name = change::unescape_json(m.name);
    if (!name) throw table_mismatch(fmt::format("a change of {} is damaged", qualified_name(target.name)));
    names.insert(std::move(*name));
  }
  return names;
}

// The target's relation with the columns alone that an image brings, and that can be written if wanted so.
relation part_of(const relation& target, const std::set<std::string>& names, bool written_only) {
  relation part = target;
  part.columns.clear();
  part.key.clear();
  std::vector<std::uint32_t> new_index(target.columns.size());
  std::size_t known = 0;
  for (std::size_t i = 0; i < target.columns.size(); ++i) {
    const auto& c = target.columns[i];
    if (!names.contains(c.name)) continue;
    ++known;
    new_index[i] = static_cast<std::uint32_t>(part.columns.size());
    if (!written_only || !c.generated) part.columns.push_back(c);
  }
  if (known != names.size()) {
    for (const auto& name : names) {
      const auto is_it = [&](const column& c) { return c.name == name; };
      if (std::none_of(target.columns.begin(), target.columns.end(), is_it)) {
        throw table_mismatch(fmt::format("table {} on the target lacks column {}",
                                         qualified_name(target.name), quote_identifier(name)));
      }
    }
  }
  for (auto k : target.key) {
    if (!names.contains(target.columns[k.column].name)) {
      throw table_mismatch(
          fmt::format("the key of table {} on the target has a column {} that changes do not bring",
                      qualified_name(target.name), quote_identifier(target.columns[k.column].name)));
    }
    k.column = new_index[k.column];
    part.key.push_back(std::move(k));
  }
  return part;
}

bool is_bytewise_key(const relation& r, std::size_t column_index) {
  return std::any_of(r.key.begin(), r.key.end(), [&](const auto& k) {
    return k.column == column_index && k.form == catalog::key_form::bytewise;
  });
}

// Columns beside those of an image that keep values of the target's own.
std::vector<const column*> own_columns(const relation& target, const std::set<std::string>& names) {
  std::vector<const column*> own;
  for (const column& c : target.columns)
    if (!c.generated && !names.contains(c.name)) own.push_back(&c);
  return own;
}

std::string upsert_sql(const relation& target, const std::set<std::string>& names, bool heal,
                       const std::vector<const column*>& restored = {}) {
  const relation part = part_of(target, names, true);
  std::vector<std::string> columns;
  std::vector<std::string> values;
  std::vector<std::string> assignments;
  std::vector<std::string> differences;
  for (std::size_t i = 0; i < part.columns.size(); ++i) {
    const auto& c = part.columns[i];
    const auto name = quote_identifier(c.name);
    columns.push_back(name);
    values.push_back(column_value(c, "r"));
    if (is_bytewise_key(part, i)) continue;
    // Equal keys may be spelt differently (1.0 and 1.00), so these are written too.
    assignments.push_back(fmt::format("{0} = EXCLUDED.{0}", name));
    // As text, because some types have no equality, and that of others overlooks a difference.
    differences.push_back(fmt::format(
        "CAST(t.{0} AS text) COLLATE \"C\" IS DISTINCT FROM CAST(EXCLUDED.{0} AS text) COLLATE \"C\"", name));
  }
  for (const column* c : restored) {
    columns.push_back(quote_identifier(c->name));
    values.push_back(fmt::format("CAST(${}::text AS {})", columns.size() - part.columns.size() + 1, c->type));
  }
  std::vector<std::string> key;
  for (const auto& k : target.key) key.push_back(quote_identifier(target.columns[k.column].name));
  auto sql = fmt::format(
      "INSERT INTO {} AS t ({}) OVERRIDING SYSTEM VALUE SELECT {} FROM json_to_recordset($1::json) AS r({}) "
      "ON "
      "CONFLICT ({}) DO ",
      qualified_name(target.name), fmt::join(columns, ", "), fmt::join(values, ", "),
      recordset_columns(part, false), fmt::join(key, ", "));
  if (assignments.empty()) return sql + "NOTHING";
  sql += fmt::format("UPDATE SET {}", fmt::join(assignments, ", "));
  if (heal) sql += fmt::format(" WHERE {}", fmt::join(differences, " OR "));
  return sql;
}

std::string remove_sql(const relation& target, const std::set<std::string>& names) {
  std::vector<std::string> conditions;
  for (const auto& k : target.key) {
    const auto& c = target.columns[k.column];
    if (!names.contains(c.name)) break;
    conditions.push_back(
        fmt::format("t.{} {} {}", quote_identifier(c.name), k.equality, column_value(c, "r")));
  }
  if (conditions.size() != target.key.size() || names.size() != target.key.size()) {
    throw table_mismatch(fmt::format("the key of table {} on the target is not that of the changes",
                                     qualified_name(target.name)));
  }
  // A child by inheritance is a table of its own; partitions are their root.
  return fmt::format("DELETE FROM {}{} AS t USING json_to_recordset($1::json) AS r({}) WHERE {}",
                     target.kind == 'p' ? "" : "ONLY ", qualified_name(target.name),
                     recordset_columns(target, true), fmt::join(conditions, " AND "));
}

// Not TRUNCATE, which would need a right of its own and fails where a foreign key refers to the table.
std::string clear_sql(const relation& target) {
  return fmt::format("DELETE FROM {}{}", target.kind == 'p' ? "" : "ONLY ", qualified_name(target.name));
}

}  // namespace

client::connection::statement to_statement(const row_statement& s) {
  client::connection::statement out{s.sql, {}};
  if (!s.rows.empty()) out.params.emplace_back(s.rows);
  for (const auto& value : s.own) out.params.emplace_back(value ? client::parameter(*value) : std::nullopt);
  return out;
}

std::vector<row_statement> make_statements(const relation& target, const apply_step& step,
                                           std::size_t max_bytes) {
  if (target.key.empty()) {
    throw table_mismatch(
        fmt::format("table {} on the target has no usable key", qualified_name(target.name)));
  }
  if (step.op == change::op::truncate) return {{clear_sql(target), {}, {}}};
  std::vector<row_statement> out;
  std::string shape;  // of the last statement
  for (const auto* change : step.rows) {
    const std::string& row = step.op == change::op::upsert ? change->image : change->key;
    const auto members = members_of(target, row);
    auto key = shape_key(members);
    const bool same = !out.empty() && key == shape;
    if (!same || out.back().rows.size() + row.size() + 1 > max_bytes) {
      row_statement next;
      if (same) {
        next.sql = out.back().sql;
      } else {
        const auto names = names_in(target, members);
        next.sql =
            step.op == change::op::upsert ? upsert_sql(target, names, step.heal) : remove_sql(target, names);
      }
      if (!out.empty()) out.back().rows.back() = ']';
      next.rows = "[";
      out.push_back(std::move(next));
      shape = std::move(key);
    }
    out.back().rows.append(row).push_back(',');
  }
  if (!out.empty()) out.back().rows.back() = ']';
  return out;
}

relation image_part(const relation& target, std::string_view image) {
  return part_of(target, names_in(target, members_of(target, image)), false);
}

row_statement make_removal(const relation& target, const std::string& key, std::string_view image) {
  row_statement s;
  s.sql = remove_sql(target, names_in(target, members_of(target, key)));
  s.rows = fmt::format("[{}]", key);
  std::string returned;
  for (const column* c : own_columns(target, names_in(target, members_of(target, image))))
    returned += fmt::format("{}CAST(t.{} AS text)", returned.empty() ? "" : ", ", quote_identifier(c->name));
  if (!returned.empty()) s.sql += " RETURNING " + returned;
  return s;
}

row_statement make_restoration(const relation& target, const std::string& image,
                               std::vector<std::optional<std::string>> own) {
  const auto names = names_in(target, members_of(target, image));
  return {upsert_sql(target, names, false, own_columns(target, names)), fmt::format("[{}]", image),
          std::move(own)};
}

}  // namespace pgtandem::outbox
