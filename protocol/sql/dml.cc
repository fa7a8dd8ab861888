#include "protocol/sql/dml.h"

#include <algorithm>
#include <string>

#include "protocol/sql/modifying_parts.h"
#include "protocol/sql/proof.h"

namespace pgtandem::sql {
namespace {

// How the statement itself calls its target.
std::string_view range_name(const PgQuery__RangeVar& relation) {
  return relation.alias != nullptr ? relation.alias->aliasname : relation.relname;
}

// The columns of SET a = 1, (b, c) = (...), d.field = 2, e[1] = 3: a, b, c, d, e.
std::vector<std::string> assigned_columns(PgQuery__Node* const* targets, std::size_t count) {
  std::vector<std::string> columns;
  for (std::size_t i = 0; i < count; ++i) {
    if (targets[i]->node_case == PG_QUERY__NODE__NODE_RES_TARGET)
      columns.emplace_back(targets[i]->res_target->name);
  }
  std::sort(columns.begin(), columns.end());
  columns.erase(std::unique(columns.begin(), columns.end()), columns.end());
  return columns;
}

bool is_star(const PgQuery__Node* field) {
  return field->node_case == PG_QUERY__NODE__NODE_A_STAR;
}

// RETURNING *, t.*, (e).*
bool has_star(PgQuery__Node* const* list, std::size_t count) {
  return std::any_of(list, list + count, [](const PgQuery__Node* item) {
    const PgQuery__Node* value =
        item->node_case == PG_QUERY__NODE__NODE_RES_TARGET ? item->res_target->val : nullptr;
    if (value == nullptr) return false;
    if (value->node_case == PG_QUERY__NODE__NODE_COLUMN_REF)
      return std::any_of(value->column_ref->fields, value->column_ref->fields + value->column_ref->n_fields,
                         is_star);
    if (value->node_case != PG_QUERY__NODE__NODE_A_INDIRECTION) return false;
    const PgQuery__AIndirection& parts = *value->a_indirection;
    return std::any_of(parts.indirection, parts.indirection + parts.n_indirection, is_star);
  });
}

template <class Statement>
std::optional<dml_info> describe_target(const Statement& node) {
  if (node.relation == nullptr) return std::nullopt;
  dml_info dml;
  dml.target = to_relation_ref(*node.relation);
  dml.alias = quote_identifier(range_name(*node.relation));
  dml.only = node.relation->inh == 0;
  dml.has_returning = node.n_returning_list != 0;
  dml.returns_star = has_star(node.returning_list, node.n_returning_list);
  return dml;
}

template <class Statement>
statement classify_dml(statement_kind kind, const Statement& node) {
  statement result;
  result.kind = kind;
  if (node.relation == nullptr) return result;
  const ProtobufCMessage* const target[] = {&node.relation->base};
  proof found = examine(node.base, target);
  result.read = std::move(found.read);
  result.uses = std::move(found.uses);
  if (found.modifies) {
    result.parts = read_parts(node);
    return result;
  }
  if (found.makes_table) return result;
  result.dml = describe(node);
  if (result.dml && found.harmless) result.effect = effect::dml;
  return result;
}

}  // namespace

std::string quote_identifier(std::string_view name) {
  std::string quoted = "\"";
  for (const char c : name) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  quoted += '"';
  return quoted;
}

std::optional<dml_info> describe(const PgQuery__InsertStmt& node) {
  auto dml = describe_target(node);
  const PgQuery__OnConflictClause* conflict = node.on_conflict_clause;
  if (dml && conflict != nullptr && conflict->action == PG_QUERY__ON_CONFLICT_ACTION__ONCONFLICT_UPDATE) {
    dml->on_conflict_update = true;
    dml->assigned = assigned_columns(conflict->target_list, conflict->n_target_list);
  }
  return dml;
}

// UPDATE a.t ... FROM b.t is legal, but then "t" may not be said: such a statement cannot be imaged by name.
std::optional<dml_info> describe(const PgQuery__UpdateStmt& node) {
  auto dml = describe_target(node);
  if (!dml || names_range(node.from_clause, node.n_from_clause, range_name(*node.relation)))
    return std::nullopt;
  dml->assigned = assigned_columns(node.target_list, node.n_target_list);
  return dml;
}

std::optional<dml_info> describe(const PgQuery__DeleteStmt& node) {
  auto dml = describe_target(node);
  if (!dml || names_range(node.using_clause, node.n_using_clause, range_name(*node.relation)))
    return std::nullopt;
  return dml;
}

statement classify_insert(const PgQuery__InsertStmt& node) {
  return classify_dml(statement_kind::insert, node);
}

statement classify_update(const PgQuery__UpdateStmt& node) {
  return classify_dml(statement_kind::update, node);
}

statement classify_delete(const PgQuery__DeleteStmt& node) {
  return classify_dml(statement_kind::remove, node);
}

}  // namespace pgtandem::sql
