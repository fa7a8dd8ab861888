#include "proxy/session/capture/read_back.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "protocol/catalog/image_sql.h"

namespace pgtandem::proxy {
namespace {

using namespace std::literals;

// Types whose input functions run nothing of users', and mean the same in an array. Those that SQL has no
// words of its own for are looked up by search_path, and need their schema.
std::optional<copy::key_type> key_type(const catalog::column& c, bool binary) {
  constexpr std::array integers{"smallint"sv, "integer"sv, "bigint"sv};
  constexpr std::array texts{"text"sv, "character varying"sv, "character"sv};
  constexpr std::array only_as_text{"numeric"sv, "boolean"sv, "date"sv, "timestamp"sv};
  if (!c.base_type.empty() && c.base_type != c.type) return std::nullopt;
  const std::string_view name = std::string_view(c.type).substr(0, c.type.find('('));
  const auto among = [&](const auto& names) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  if (among(integers)) return copy::key_type::integer;
  if (name == "uuid") return copy::key_type::uuid;
  if (among(texts)) return copy::key_type::text;
  const bool timestamp = name == "timestamp without time zone" || name == "timestamp with time zone";
  if (!binary && (timestamp || among(only_as_text))) return copy::key_type::text;
  return std::nullopt;
}

std::string array_type(const catalog::column& c) {
  const bool needs_schema = c.type == "uuid" || c.type == "text" || c.type == "date";
  return (needs_schema ? "pg_catalog." : "") + c.type + "[]";
}

// The columns that the data hold, in order; nullopt: one is not known.
std::optional<std::vector<std::size_t>> copied_columns(const sql::copy_source& source,
                                                       const catalog::relation& relation, bool is_leaf) {
  std::vector<std::size_t> columns;
  if (source.columns.empty()) {
    if (is_leaf) return std::nullopt;  // it may have its columns in another order than the root
    for (std::size_t i = 0; i < relation.columns.size(); ++i)
      if (!relation.columns[i].generated) columns.push_back(i);
    return columns;
  }
  for (const std::string& name : source.columns) {
    const auto it = std::find_if(relation.columns.begin(), relation.columns.end(),
                                 [&](const catalog::column& c) { return c.name == name; });
    if (it == relation.columns.end()) return std::nullopt;
    columns.push_back(static_cast<std::size_t>(it - relation.columns.begin()));
  }
  return columns;
}

std::string query_text(const sql::relation_ref& name, const catalog::relation& relation,
                       const resolved_name& target) {
  constexpr std::string_view row = "pgtandem_row";
  std::string arrays;
  std::string names;
  std::string equal;
  for (std::size_t i = 0; i < relation.key.size(); ++i) {
    const catalog::key_column& k = relation.key[i];
    const catalog::column& c = relation.columns[k.column];
    const std::string number = std::to_string(i + 1);
    const std::string_view comma = i == 0 ? "" : ", ";
    arrays.append(comma).append("pg_catalog.unnest(CAST($" + number + " AS " + array_type(c) + "))");
    names.append(comma).append("k" + number);
    equal.append(i == 0 ? "" : " AND ").append(row).append(".");
    equal += catalog::quote_identifier_ascii(c.name) + " " + k.equality + " pgtandem_key.k" + number;
  }
  const std::string table =
      (name.schema ? catalog::quote_identifier_ascii(*name.schema) + "." : std::string()) +
      catalog::quote_identifier_ascii(name.name);
  std::string sql = "SELECT ";
  sql += catalog::image_expression(relation, row, catalog::image_form_for(relation, target.unmet));
  sql += (target.kind == 'r' ? " FROM ONLY " : " FROM ") + table + " AS ";
  sql.append(row).append(", ROWS FROM (" + arrays + ") AS pgtandem_key(" + names + ") WHERE " + equal);
  return sql;
}

}  // namespace

std::shared_ptr<const read_back_query> make_read_back_query(const sql::copy_source& source,
                                                            const sql::relation_ref& name,
                                                            const catalog::relation& relation,
                                                            const resolved_name& target) {
  if (target.kind != 'r' && target.kind != 'p') return nullptr;
  if (!target.may_select || target.row_security || relation.has_user_triggers) return nullptr;
  if (relation.key.empty() || !relation.refusals.empty()) return nullptr;
  const auto columns = copied_columns(source, relation, target.oid != relation.oid);
  if (!columns) return nullptr;
  auto q = std::make_shared<read_back_query>();
  for (const catalog::key_column& k : relation.key) {
    const auto it = std::find(columns->begin(), columns->end(), k.column);
    const auto type = key_type(relation.columns[k.column], source.format.layout == copy::layout::binary);
    if (it == columns->end() || !type) return nullptr;
    q->keys.push_back({static_cast<std::size_t>(it - columns->begin()), *type});
  }
  q->format = source.format;
  q->fields = columns->size();
  q->sql = query_text(name, relation, target);
  return q;
}

}  // namespace pgtandem::proxy
