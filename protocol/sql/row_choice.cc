#include "protocol/sql/row_choice.h"

#include <algorithm>

#include "protocol/sql/dml.h"
#include "protocol/sql/lexical.h"
#include "protocol/sql/syntax_tree.h"

namespace pgtandem::sql {
namespace {

// Nodes of expressions over columns, constants and parameters, without a function's name in them.
bool is_listed(const ProtobufCMessageDescriptor* kind) {
  const ProtobufCMessageDescriptor* const listed[] = {
      &pg_query__node__descriptor,           &pg_query__column_ref__descriptor,
      &pg_query__param_ref__descriptor,      &pg_query__a__const__descriptor,
      &pg_query__a__expr__descriptor,        &pg_query__bool_expr__descriptor,
      &pg_query__null_test__descriptor,      &pg_query__boolean_test__descriptor,
      &pg_query__type_cast__descriptor,      &pg_query__type_name__descriptor,
      &pg_query__a__array_expr__descriptor,  &pg_query__list__descriptor,
      &pg_query__collate_clause__descriptor, &pg_query__integer__descriptor,
      &pg_query__float__descriptor,          &pg_query__boolean__descriptor,
      &pg_query__string__descriptor,         &pg_query__bit_string__descriptor};
  return std::find(std::begin(listed), std::end(listed), kind) != std::end(listed);
}

// Operators and types that come with the server: others may be made of functions that look elsewhere.
bool is_builtin_name(PgQuery__Node* const* name, std::size_t count) {
  return count <= 1 || (count == 2 && string_of(*name[0]) == "pg_catalog");
}

// Fills in the parameters. False: something in the condition is not on the list.
bool examine_condition(const PgQuery__Node& condition, row_choice& out) {
  bool listed = true;
  walk(condition.base, [&](const visited_node& at) {
    const auto* kind = at.node->descriptor;
    listed = listed && is_listed(kind);
    if (kind == &pg_query__param_ref__descriptor) {
      out.parameters.push_back(static_cast<std::uint32_t>(node_cast<PgQuery__ParamRef>(*at.node).number));
    } else if (kind == &pg_query__a__expr__descriptor) {
      const auto& call = node_cast<PgQuery__AExpr>(*at.node);
      listed = listed && is_builtin_name(call.name, call.n_name);
    } else if (kind == &pg_query__type_name__descriptor) {
      const auto& type = node_cast<PgQuery__TypeName>(*at.node);
      listed = listed && is_builtin_name(type.names, type.n_names);
    }
    return listed;
  });
  auto& numbers = out.parameters;
  std::sort(numbers.begin(), numbers.end());
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
  return listed;
}

// The text from WHERE to RETURNING or the end. Both words are reserved, so outside of parentheses they stand
// nowhere else but behind a dot.
std::string_view condition_of(std::string_view text) {
  scanner tokens(text);
  std::size_t depth = 0;
  std::size_t begin = std::string_view::npos;
  bool behind_dot = false;
  for (token t = tokens.next(); t.kind != token_kind::end; t = tokens.next()) {
    if (t.kind == token_kind::open) ++depth;
    if (t.kind == token_kind::close && depth > 0) --depth;
    const auto at = static_cast<std::size_t>(t.text.data() - text.data());
    if (depth == 0 && !behind_dot && begin == std::string_view::npos && is_word(t, "where")) begin = at;
    if (depth == 0 && !behind_dot && begin != std::string_view::npos && is_word(t, "returning"))
      return text.substr(begin, at - begin);
    behind_dot = t.kind == token_kind::dot;
  }
  return begin == std::string_view::npos ? std::string_view{} : text.substr(begin);
}

// The single statement of a text, if it is of the kind that `node_case` names.
const PgQuery__Node* only_statement(const std::optional<syntax_tree>& tree,
                                    PgQuery__Node__NodeCase node_case) {
  if (!tree || tree->root().n_stmts != 1) return nullptr;
  const PgQuery__Node* node = tree->root().stmts[0]->stmt;
  return node != nullptr && node->node_case == node_case ? node : nullptr;
}

// Of an UPDATE or DELETE that names no other relation; null where it has none.
std::optional<const PgQuery__Node*> condition_node(const std::optional<syntax_tree>& tree) {
  if (const PgQuery__Node* node = only_statement(tree, PG_QUERY__NODE__NODE_UPDATE_STMT)) {
    const PgQuery__UpdateStmt& update = *node->update_stmt;
    if (update.n_from_clause == 0 && update.with_clause == nullptr) return update.where_clause;
  } else if (const PgQuery__Node* removal = only_statement(tree, PG_QUERY__NODE__NODE_DELETE_STMT)) {
    const PgQuery__DeleteStmt& remove = *removal->delete_stmt;
    if (remove.n_using_clause == 0 && remove.with_clause == nullptr) return remove.where_clause;
  }
  return std::nullopt;
}

bool is_excluded(const PgQuery__Node* value, std::string_view column) {
  if (value == nullptr || value->node_case != PG_QUERY__NODE__NODE_COLUMN_REF) return false;
  const PgQuery__ColumnRef& ref = *value->column_ref;
  return ref.n_fields == 2 && string_of(*ref.fields[0]) == "excluded" && string_of(*ref.fields[1]) == column;
}

}  // namespace

std::optional<row_choice> choose_rows(std::string_view text, const dml_info& dml) {
  // Where strings end would depend on standard_conforming_strings.
  if (text.find('\\') != std::string_view::npos) return std::nullopt;
  const auto tree = syntax_tree::parse(text);
  const auto where = condition_node(tree);
  if (!where) return std::nullopt;
  row_choice choice;
  const std::string name = quote_identifier(dml.target.name);
  choice.from_where = dml.only ? "FROM ONLY " : "FROM ";
  if (dml.target.schema) choice.from_where += quote_identifier(*dml.target.schema) + ".";
  choice.from_where += name;
  // Under an alias the relation may not be called by its schema any more.
  if (dml.alias != name) choice.from_where += " AS " + dml.alias;
  if (*where == nullptr) return choice;
  if (!examine_condition(**where, choice)) return std::nullopt;
  const std::string_view condition = condition_of(text);
  if (condition.empty()) return std::nullopt;
  // The line break ends a comment that the condition may end in.
  choice.from_where.append(" ").append(condition).append("\n");
  return choice;
}

bool conflict_keeps(std::string_view insert_text, const std::vector<std::string>& columns) {
  const auto tree = syntax_tree::parse(insert_text);
  const PgQuery__Node* node = only_statement(tree, PG_QUERY__NODE__NODE_INSERT_STMT);
  const PgQuery__OnConflictClause* conflict =
      node == nullptr ? nullptr : node->insert_stmt->on_conflict_clause;
  if (conflict == nullptr || conflict->infer == nullptr || conflict->infer->where_clause != nullptr)
    return false;
  std::vector<std::string> inferred;
  for (std::size_t i = 0; i < conflict->infer->n_index_elems; ++i) {
    const PgQuery__Node& element = *conflict->infer->index_elems[i];
    if (element.node_case != PG_QUERY__NODE__NODE_INDEX_ELEM) return false;
    inferred.emplace_back(element.index_elem->name);
  }
  const auto is_key = [&](std::string_view name) {
    return std::find(columns.begin(), columns.end(), name) != columns.end();
  };
  if (!std::is_permutation(inferred.begin(), inferred.end(), columns.begin(), columns.end())) return false;
  for (std::size_t i = 0; i < conflict->n_target_list; ++i) {
    if (conflict->target_list[i]->node_case != PG_QUERY__NODE__NODE_RES_TARGET) return false;
    const PgQuery__ResTarget& target = *conflict->target_list[i]->res_target;
    if (is_key(target.name) && (target.n_indirection != 0 || !is_excluded(target.val, target.name)))
      return false;
  }
  return true;
}

}  // namespace pgtandem::sql
