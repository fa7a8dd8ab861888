#include "protocol/sql/modifying_parts.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "protocol/sql/dml.h"
#include "protocol/sql/lexical.h"
#include "protocol/sql/proof.h"

namespace pgtandem::sql {
namespace {

struct part_node {
  const PgQuery__CommonTableExpr* expression;
  const ProtobufCMessage* statement;
  const PgQuery__RangeVar* target;
  PgQuery__Node* const* returning;
  std::size_t returning_count;
};

template <class Statement>
part_node to_part(const PgQuery__CommonTableExpr& expression, const Statement& node) {
  return {&expression, &node.base, node.relation, node.returning_list, node.n_returning_list};
}

// Those of WITH that write rows; MERGE is none that could be told.
std::vector<part_node> modifying_nodes(const PgQuery__WithClause& with) {
  std::vector<part_node> nodes;
  for (std::size_t i = 0; i < with.n_ctes; ++i) {
    if (with.ctes[i]->node_case != PG_QUERY__NODE__NODE_COMMON_TABLE_EXPR) continue;
    const PgQuery__CommonTableExpr& expression = *with.ctes[i]->common_table_expr;
    const PgQuery__Node* query = expression.ctequery;
    if (query == nullptr) continue;
    if (query->node_case == PG_QUERY__NODE__NODE_INSERT_STMT)
      nodes.push_back(to_part(expression, *query->insert_stmt));
    else if (query->node_case == PG_QUERY__NODE__NODE_UPDATE_STMT)
      nodes.push_back(to_part(expression, *query->update_stmt));
    else if (query->node_case == PG_QUERY__NODE__NODE_DELETE_STMT)
      nodes.push_back(to_part(expression, *query->delete_stmt));
  }
  return nodes;
}

std::optional<dml_info> describe_part(const PgQuery__Node& query, statement_kind& kind) {
  switch (query.node_case) {
    case PG_QUERY__NODE__NODE_INSERT_STMT:
      kind = statement_kind::insert;
      return describe(*query.insert_stmt);
    case PG_QUERY__NODE__NODE_UPDATE_STMT:
      kind = statement_kind::update;
      return describe(*query.update_stmt);
    case PG_QUERY__NODE__NODE_DELETE_STMT:
      kind = statement_kind::remove;
      return describe(*query.delete_stmt);
    default:
      return std::nullopt;
  }
}

const PgQuery__ColumnRef* as_column(const PgQuery__Node& item) {
  if (item.node_case != PG_QUERY__NODE__NODE_RES_TARGET) return nullptr;
  const PgQuery__Node* value = item.res_target->val;
  return value != nullptr && value->node_case == PG_QUERY__NODE__NODE_COLUMN_REF ? value->column_ref
                                                                                 : nullptr;
}

bool is_lone_star(const PgQuery__Node& item) {
  const PgQuery__ColumnRef* column = as_column(item);
  return column != nullptr && column->n_fields == 1 &&
         column->fields[0]->node_case == PG_QUERY__NODE__NODE_A_STAR;
}

// The name that legacy gives to a column of RETURNING; empty: it is made of more than the text shows.
std::string column_name(const PgQuery__Node& item) {
  if (item.node_case != PG_QUERY__NODE__NODE_RES_TARGET) return {};
  if (*item.res_target->name != '\0') return item.res_target->name;
  const PgQuery__ColumnRef* column = as_column(item);
  return column == nullptr ? std::string() : std::string(string_of(*column->fields[column->n_fields - 1]));
}

// Whether RETURNING * means the columns of the target alone.
bool stands_alone(const PgQuery__Node& query) {
  switch (query.node_case) {
    case PG_QUERY__NODE__NODE_UPDATE_STMT:
      return query.update_stmt->n_from_clause == 0;
    case PG_QUERY__NODE__NODE_DELETE_STMT:
      return query.delete_stmt->n_using_clause == 0;
    default:
      return true;
  }
}

// False: what it hands on cannot be said again.
bool read_returned(const part_node& node, modifying_part& part) {
  if (node.returning_count == 0) return true;
  if (node.returning_count == 1 && is_lone_star(*node.returning[0])) {
    part.returns_all = true;
    return stands_alone(*node.expression->ctequery);
  }
  std::set<std::string> names;
  for (std::size_t i = 0; i < node.returning_count; ++i) {
    std::string name = column_name(*node.returning[i]);
    if (name.empty() || !names.insert(name).second) return false;
    part.returned.push_back(std::move(name));
  }
  return true;
}

bool is_named(const std::vector<relation_ref>& read, const std::string& name) {
  return std::find(read.begin(), read.end(), relation_ref{std::nullopt, name}) != read.end();
}

// `target`: the relation that the statement itself writes, if any.
std::shared_ptr<modifying_parts> read_parts_of(const PgQuery__WithClause* with, const ProtobufCMessage& root,
                                               const PgQuery__RangeVar* target) {
  if (with == nullptr || with->recursive != 0) return nullptr;
  const std::vector<part_node> nodes = modifying_nodes(*with);
  std::vector<const ProtobufCMessage*> known;
  if (target != nullptr) known.push_back(&target->base);
  for (const part_node& node : nodes) {
    known.push_back(node.statement);
    if (node.target != nullptr) known.push_back(&node.target->base);
  }
  const proof found = examine(root, known);
  if (!found.harmless || found.modifies || found.makes_table || nodes.empty()) return nullptr;
  auto result = std::make_shared<modifying_parts>();
  for (const part_node& node : nodes) {
    modifying_part part;
    part.name = node.expression->ctename;
    auto dml = describe_part(*node.expression->ctequery, part.kind);
    if (!dml || !read_returned(node, part)) return nullptr;
    // Legacy refuses to read from a part that hands nothing on.
    if (!dml->has_returning && is_named(found.read, part.name)) return nullptr;
    part.dml = *std::move(dml);
    result->parts.push_back(std::move(part));
  }
  return result;
}

template <class Statement>
std::shared_ptr<const modifying_parts> read_parts_of_dml(const Statement& node) {
  auto result = read_parts_of(node.with_clause, node.base, node.relation);
  if (!result) return nullptr;
  result->main = describe(node);
  if (!result->main) return nullptr;
  result->returns_rows = result->main->has_returning;
  return result;
}

// Behind an opening bracket; false: nothing closes it. `tokens` is behind that then.
bool skip_to_close(scanner& tokens) {
  std::size_t depth = 1;
  while (depth > 0) {
    const token t = tokens.next();
    if (t.kind == token_kind::end) return false;
    if (t.kind == token_kind::open) ++depth;
    if (t.kind == token_kind::close) --depth;
  }
  return true;
}

// `name [(columns)] AS [[NOT] MATERIALIZED] (body)` at `name`.
std::optional<part_place> place_at(std::string_view text, std::size_t name) {
  scanner tokens(text.substr(name));
  const token_kind first = tokens.next().kind;
  if (first != token_kind::word && first != token_kind::literal) return std::nullopt;
  token t = tokens.next();
  if (t.kind == token_kind::open) {
    if (!skip_to_close(tokens)) return std::nullopt;
    t = tokens.next();
  }
  if (!is_word(t, "as")) return std::nullopt;
  t = tokens.next();
  if (is_word(t, "not")) t = tokens.next();
  if (is_word(t, "materialized")) t = tokens.next();
  if (t.kind != token_kind::open) return std::nullopt;
  part_place place{.name = name, .body = name + tokens.position()};
  if (!skip_to_close(tokens)) return std::nullopt;
  place.end = name + tokens.position() - 1;
  return place;
}

const PgQuery__WithClause* with_clause(const PgQuery__Node& node) {
  switch (node.node_case) {
    case PG_QUERY__NODE__NODE_SELECT_STMT:
      return node.select_stmt->with_clause;
    case PG_QUERY__NODE__NODE_INSERT_STMT:
      return node.insert_stmt->with_clause;
    case PG_QUERY__NODE__NODE_UPDATE_STMT:
      return node.update_stmt->with_clause;
    case PG_QUERY__NODE__NODE_DELETE_STMT:
      return node.delete_stmt->with_clause;
    default:
      return nullptr;
  }
}

}  // namespace

std::shared_ptr<const modifying_parts> read_parts(const PgQuery__SelectStmt& node) {
  auto result = read_parts_of(node.with_clause, node.base, nullptr);
  if (result) result->returns_rows = true;
  return result;
}

std::shared_ptr<const modifying_parts> read_parts(const PgQuery__InsertStmt& node) {
  return read_parts_of_dml(node);
}

std::shared_ptr<const modifying_parts> read_parts(const PgQuery__UpdateStmt& node) {
  return read_parts_of_dml(node);
}

std::shared_ptr<const modifying_parts> read_parts(const PgQuery__DeleteStmt& node) {
  return read_parts_of_dml(node);
}

std::optional<std::vector<part_place>> find_parts(std::string_view statement_text) {
  const auto tree = syntax_tree::parse(statement_text);
  if (!tree || tree->root().n_stmts != 1 || tree->root().stmts[0]->stmt == nullptr) return std::nullopt;
  const PgQuery__WithClause* with = with_clause(*tree->root().stmts[0]->stmt);
  if (with == nullptr) return std::nullopt;
  std::vector<part_place> places;
  for (const part_node& node : modifying_nodes(*with)) {
    auto place = place_at(statement_text, static_cast<std::size_t>(node.expression->location));
    if (!place) return std::nullopt;
    if (node.returning_count == 1 && is_lone_star(*node.returning[0])) {
      place->star = static_cast<std::size_t>(as_column(*node.returning[0])->location);
      if (place->star >= statement_text.size() || statement_text[place->star] != '*') return std::nullopt;
    }
    places.push_back(*place);
  }
  return places;
}

}  // namespace pgtandem::sql
