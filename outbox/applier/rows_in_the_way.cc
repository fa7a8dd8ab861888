#include "outbox/applier/rows_in_the_way.h"

#include <fmt/format.h>

#include <algorithm>

#include "outbox/applier/row_statements.h"
#include "protocol/catalog/image_sql.h"
#include "protocol/change/image.h"

namespace pgtandem::outbox {

namespace {

constexpr int most_rows = 10;

// Expression and operator of each column of the index, and its predicate. Strategy 3 of a btree is equality.
constexpr const char* index_sql =
    "SELECT pg_get_indexdef(x.indexrelid, k.place::int, true), q.oprname, n.nspname,"
    " pg_get_expr(x.indpred, x.indrelid)"
    " FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid"
    " CROSS JOIN LATERAL unnest(x.indclass::oid[]) WITH ORDINALITY k(opclass, place)"
    " JOIN pg_opclass c ON c.oid = k.opclass"
    " LEFT JOIN pg_constraint e ON e.conindid = x.indexrelid AND e.contype = 'x'"
    " JOIN pg_operator q ON q.oid = coalesce(e.conexclop[k.place], (SELECT o.amopopr FROM pg_amop o"
    "  WHERE o.amopfamily = c.opcfamily AND o.amoplefttype = c.opcintype AND o.amoprighttype = c.opcintype"
    "  AND o.amopstrategy = 3))"
    " JOIN pg_namespace n ON n.oid = q.oprnamespace"
    " WHERE i.relname = $1 AND x.indrelid = ANY ($2::oid[]) AND k.place <= x.indnkeyatts"
    " ORDER BY x.indexrelid, k.place";

std::string oids_of(const catalog::relation& r) {
  std::string oids = fmt::format("{{{}", r.oid.value);
  for (const oid_t leaf : r.leaves) oids += fmt::format(",{}", leaf.value);
  return oids + "}";
}

}  // namespace

std::vector<std::string> rows_in_the_way(client::connection& c, const catalog::relation& target,
                                         std::string_view image, const std::string& constraint) {
  const auto index = c.query(index_sql, {constraint, oids_of(target)});
  if (index.rows() == 0) return {};
  std::string wanted;
  std::string condition;
  for (int i = 0; i < index.rows(); ++i) {
    const std::string expression(index.at(i, 0));
    wanted += fmt::format("{}({}) AS pgtandem_{}", i == 0 ? "" : ", ", expression, i);
    condition += fmt::format("{}({}) OPERATOR({}.{}) wanted.pgtandem_{}", i == 0 ? "" : " AND ", expression,
                             catalog::quote_identifier(index.at(i, 2)), index.at(i, 1), i);
  }
  if (!index.is_null(0, 3)) condition += fmt::format(" AND ({})", index.at(0, 3));
  const catalog::relation part = image_part(target, image);
  std::string values;
  for (const auto& column : part.columns) {
    values += fmt::format("{}{} AS {}", values.empty() ? "" : ", ", catalog::column_value(column, "r"),
                          catalog::quote_identifier(column.name));
  }
  const auto found = c.query(
      fmt::format(
          "SELECT {} FROM {}{} AS t, (SELECT {} FROM (SELECT {} FROM json_to_recordset($1::json) AS r({})) "
          "AS new_row) AS wanted WHERE {} LIMIT {}",
          catalog::image_expression(target, "t", catalog::image_form::plain),
          target.kind == 'p' ? "" : "ONLY ", catalog::qualified_name(target.name), wanted, values,
          catalog::recordset_columns(part, false), condition, most_rows),
      {fmt::format("[{}]", image)});
  std::vector<std::string> keys;
  for (int i = 0; i < found.rows(); ++i) {
    const auto captured = found.is_null(i, 0) ? std::nullopt : change::split_captured(found.at(i, 0));
    const auto row = captured ? change::make_image(*captured, target) : std::nullopt;
    auto key = row ? change::make_key(*row, target) : std::nullopt;
    if (key) keys.push_back(std::move(*key));
  }
  return keys;
}

}  // namespace pgtandem::outbox
