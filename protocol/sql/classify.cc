#include "protocol/sql/classify.h"

#include <string_view>

#include "protocol/sql/classify_parts.h"
#include "protocol/sql/copy_options.h"
#include "protocol/sql/dml.h"
#include "protocol/sql/lexical.h"
#include "protocol/sql/modifying_parts.h"
#include "protocol/sql/proof.h"

namespace pgtandem::sql {
namespace {

// SELECT, VALUES and TABLE.
statement classify_select(const PgQuery__SelectStmt& node) {
  proof found = examine(node.base);
  statement result;
  result.kind = found.makes_table ? statement_kind::ddl : statement_kind::select;
  result.defines = found.makes_table;
  result.effect = found.harmless ? effect::harmless : effect::unproven;
  result.depends_on_literal = found.depends_on_literal;
  result.writes_in_with = found.modifies;
  if (found.modifies) result.parts = read_parts(node);
  result.read = std::move(found.read);
  result.uses = std::move(found.uses);
  return result;
}

// A query inside another statement: what a SELECT would be, and never better than unproven for anything else.
statement classify_inner(statement_kind kind, const PgQuery__Node* query) {
  statement result;
  if (query != nullptr && query->node_case == PG_QUERY__NODE__NODE_SELECT_STMT)
    result = classify_select(*query->select_stmt);
  result.parts = nullptr;
  result.kind = kind;
  return result;
}

statement classify_declare(const PgQuery__DeclareCursorStmt& node) {
  constexpr int hold = 0x20;  // CURSOR_OPT_HOLD
  statement result = classify_inner(statement_kind::declare_cursor, node.query);
  result.name = node.portalname;
  result.with_hold = (node.options & hold) != 0;
  return result;
}

statement classify_copy(const PgQuery__CopyStmt& node) {
  statement result;
  if (node.is_from != 0) {
    result.kind = statement_kind::copy_from;
    if (node.relation != nullptr) result.written.push_back(to_relation_ref(*node.relation));
    result.copied = read_copy_source(node);
    return result;
  }
  if (node.relation == nullptr) {
    result = classify_inner(statement_kind::copy_to, node.query);
  } else {
    result = harmless(statement_kind::copy_to);
    result.read.push_back(to_relation_ref(*node.relation));
    // A table alone: a view cannot be copied so, but policies of a table may call anything.
    result.uses = std::make_shared<const used_names>(used_names{.relations = {node.relation->relname}});
  }
  if (node.is_program != 0) result.effect = effect::unproven;  // the program may do anything
  return result;
}

statement classify_truncate(const PgQuery__TruncateStmt& node) {
  statement result;
  result.kind = statement_kind::truncate;
  result.cascades = node.behavior == PG_QUERY__DROP_BEHAVIOR__DROP_CASCADE;
  for (std::size_t i = 0; i < node.n_relations; ++i) {
    if (node.relations[i]->node_case == PG_QUERY__NODE__NODE_RANGE_VAR)
      result.written.push_back(to_relation_ref(*node.relations[i]->range_var));
  }
  return result;
}

// False only for what the server certainly takes for false.
bool is_switched_on(const PgQuery__DefElem& option) {
  const PgQuery__Node* value = option.arg;
  if (value == nullptr) return true;
  switch (value->node_case) {
    case PG_QUERY__NODE__NODE_INTEGER:
      return value->integer->ival != 0;
    case PG_QUERY__NODE__NODE_BOOLEAN:
      return value->boolean->boolval != 0;
    case PG_QUERY__NODE__NODE_STRING: {
      std::string word = value->string->sval;
      for (char& c : word) c = fold_ascii(c);
      return word != "false" && word != "off";
    }
    default:
      return true;
  }
}

// Planning folds constants by calling functions, so that without ANALYZE too the inner statement has to be
// proven.
statement classify_explain(const PgQuery__ExplainStmt& node) {
  bool runs = false;
  for (std::size_t i = 0; i < node.n_options; ++i) {
    if (node.options[i]->node_case != PG_QUERY__NODE__NODE_DEF_ELEM) continue;
    const PgQuery__DefElem& option = *node.options[i]->def_elem;
    if (std::string_view(option.defname) == "analyze" && is_switched_on(option)) runs = true;
  }
  statement result;
  if (node.query != nullptr) {
    const statement inner = classify(*node.query);
    result.read = inner.read;
    result.uses = inner.uses;
    if (inner.effect == effect::harmless || (inner.effect == effect::dml && !runs))
      result.effect = effect::harmless;
  }
  result.kind = statement_kind::explain;
  return result;
}

statement classify_prepare(const PgQuery__PrepareStmt& node) {
  statement result = harmless(statement_kind::prepare);
  result.name = node.name;
  if (node.query != nullptr) result.prepared = std::make_shared<const statement>(classify(*node.query));
  return result;
}

statement classify_by_kind(const PgQuery__Node& node) {
  switch (node.node_case) {
    case PG_QUERY__NODE__NODE_SELECT_STMT:
      return classify_select(*node.select_stmt);
    case PG_QUERY__NODE__NODE_INSERT_STMT:
      return classify_insert(*node.insert_stmt);
    case PG_QUERY__NODE__NODE_UPDATE_STMT:
      return classify_update(*node.update_stmt);
    case PG_QUERY__NODE__NODE_DELETE_STMT:
      return classify_delete(*node.delete_stmt);
    case PG_QUERY__NODE__NODE_DECLARE_CURSOR_STMT:
      return classify_declare(*node.declare_cursor_stmt);
    case PG_QUERY__NODE__NODE_COPY_STMT:
      return classify_copy(*node.copy_stmt);
    case PG_QUERY__NODE__NODE_TRUNCATE_STMT:
      return classify_truncate(*node.truncate_stmt);
    case PG_QUERY__NODE__NODE_EXPLAIN_STMT:
      return classify_explain(*node.explain_stmt);
    case PG_QUERY__NODE__NODE_PREPARE_STMT:
      return classify_prepare(*node.prepare_stmt);
    default:
      break;
  }
  if (auto transaction = classify_transaction(node)) return *std::move(transaction);
  if (auto session = classify_session(node)) return *std::move(session);
  return classify_utility(node);
}

}  // namespace

statement classify(const PgQuery__Node& node) {
  statement result = classify_by_kind(node);
  if (result.effect == effect::unproven) result.changes_names = result.changes_lexing = true;
  return result;
}

}  // namespace pgtandem::sql
