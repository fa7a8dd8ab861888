#include "reconciler/server/key_lookup.h"

#include <fmt/format.h>

#include <algorithm>

#include "protocol/catalog/image_sql.h"
#include "protocol/change/image.h"

namespace pgtandem::reconciler {

std::vector<std::string> key_equalities(const catalog::relation& keyed, const catalog::relation& on) {
  std::vector<std::string> operators;
  for (const catalog::key_column& k : keyed.key) {
    const std::string& name = keyed.columns[k.column].name;
    const auto same = std::ranges::find_if(
        on.key, [&](const catalog::key_column& other) { return on.columns[other.column].name == name; });
    operators.push_back(same == on.key.end() ? k.equality : same->equality);
  }
  return operators;
}

std::string from_relation(const catalog::relation& r) {
  return (r.kind == 'p' ? "" : "ONLY ") + catalog::qualified_name(r.name);
}

std::string keys_recordset(const catalog::relation& r) {
  std::string names;
  for (const catalog::key_column& k : r.key)
    names += catalog::quote_identifier(r.columns[k.column].name) + ", ";
  return fmt::format(
      "ROWS FROM (pg_catalog.json_to_recordset($1::pg_catalog.json) AS ({})) WITH ORDINALITY AS k({}{})",
      catalog::recordset_columns(r, true), names, "pgtandem_ord");
}

std::string key_match(const catalog::relation& r, const std::vector<std::string>& equalities) {
  std::string condition;
  for (std::size_t i = 0; i < r.key.size(); ++i) {
    const catalog::column& column = r.columns[r.key[i].column];
    if (i > 0) condition += " AND ";
    condition += fmt::format("t.{} {} {}", catalog::quote_identifier(column.name), equalities[i],
                             catalog::column_value(column, "k"));
  }
  return condition;
}

// The image expression reads tableoid from its row, and row_to_json prints it: it is a column like the others
// here.
catalog::relation key_relation(const catalog::relation& r) {
  catalog::relation keys;
  keys.oid = r.oid;
  keys.name = r.name;
  keys.columns.push_back({.name = "tableoid", .type = "oid"});
  for (const catalog::key_column& k : r.key) {
    catalog::key_column key = k;
    key.column = static_cast<std::uint32_t>(keys.columns.size());
    keys.columns.push_back(r.columns[k.column]);
    keys.key.push_back(std::move(key));
  }
  return keys;
}

std::string join_key_row(const catalog::relation& r) {
  std::string columns = "t.tableoid";
  for (const catalog::key_column& k : r.key)
    columns += ", t." + catalog::quote_identifier(r.columns[k.column].name);
  return fmt::format("CROSS JOIN LATERAL (SELECT {}) key_row", columns);
}

std::string key_expression(const catalog::relation& key_relation) {
  return catalog::image_expression(key_relation, "key_row", catalog::image_form::plain);
}

std::optional<std::string> key_of(std::string_view captured, const catalog::relation& key_relation) {
  const auto split = change::split_captured(captured);
  const auto image = split ? change::make_image(*split, key_relation) : std::nullopt;
  return image ? change::make_key(*image, key_relation) : std::nullopt;
}

std::string json_array(std::span<const std::string> keys) {
  std::string array = "[";
  for (const std::string& key : keys) {
    if (array.size() > 1) array += ',';
    array += key;
  }
  return array + "]";
}

}  // namespace pgtandem::reconciler
