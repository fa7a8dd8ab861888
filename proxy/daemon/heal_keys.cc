#include "proxy/daemon/heal_keys.h"

#include <algorithm>
#include <boost/json.hpp>

#include "protocol/catalog/image_sql.h"
#include "protocol/change/image.h"
#include "protocol/client/connection.h"

namespace pgtandem::proxy {
namespace {

// The key as a JSON object whose values are text: json_to_recordset reads text as any type.
std::string as_object(const catalog::relation& relation, const std::string& text, std::string& error) {
  if (relation.key.size() == 1 && !text.starts_with('{')) {
    boost::json::object one;
    one[relation.columns[relation.key.front().column].name] = text;
    return boost::json::serialize(one);
  }
  const auto members = change::json_members(text);
  if (!members) {
    error = "a key of several columns is written as a JSON object, e.g. {\"a\": 1, \"b\": \"x\"}";
    return {};
  }
  for (const auto& k : relation.key) {
    const std::string quoted = boost::json::serialize(boost::json::value(relation.columns[k.column].name));
    const bool given =
        std::any_of(members->begin(), members->end(), [&](const auto& m) { return m.name == quoted; });
    if (!given) error = "the key column " + relation.columns[k.column].name + " is missing";
  }
  if (members->size() != relation.key.size() && error.empty())
    error = "the key has " + std::to_string(relation.key.size()) + " columns, " +
            std::to_string(members->size()) + " are given";
  return text;
}

}  // namespace

typed_key key_of_text(const std::string& legacy, const catalog::relation& relation, const std::string& text) {
  typed_key key;
  const std::string object = as_object(relation, text, key.error);
  if (!key.error.empty()) return key;
  try {
    client::connection c(legacy);
    c.query_simple(std::string(catalog::pin_settings_sql()));
    std::string columns;
    for (const auto& k : relation.key) {
      const auto& column = relation.columns[k.column];
      columns += (columns.empty() ? "" : ", ") + catalog::column_value(column, "k") + " AS " +
                 catalog::quote_identifier(column.name);
    }
    const std::string document = "[" + object + "]";
    const auto row =
        c.query("SELECT row_to_json(t) FROM (SELECT " + columns + " FROM json_to_recordset($1::json) AS k(" +
                    catalog::recordset_columns(relation, true) + ")) t",
                {document});
    const auto canonical = change::make_key(row.at(0, 0), relation);
    if (canonical)
      key.canonical = *canonical;
    else
      key.error = "that is not a key of the table";
  } catch (const client::pg_error& e) {
    key.error = e.what();
  }
  return key;
}

}  // namespace pgtandem::proxy
