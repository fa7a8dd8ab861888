#include "protocol/sql/classify_parts.h"
#include "protocol/sql/proof.h"
#include "protocol/sql/settings.h"

namespace pgtandem::sql {
namespace {

statement classify_variable(const PgQuery__VariableSetStmt& node) {
  const bool reset = node.kind == PG_QUERY__VARIABLE_SET_KIND__VAR_RESET;
  const bool reset_all = node.kind == PG_QUERY__VARIABLE_SET_KIND__VAR_RESET_ALL;
  statement result = harmless(reset || reset_all ? statement_kind::reset : statement_kind::set);
  result.changes_lexing = reset_all || decides_lexing(node.name);
  result.changes_names = result.changes_lexing || decides_names(node.name);
  return result;
}

statement classify_discard(const PgQuery__DiscardStmt& node) {
  statement result = harmless(statement_kind::discard);
  const bool all = node.target == PG_QUERY__DISCARD_MODE__DISCARD_ALL;
  result.changes_names = true;
  result.changes_lexing = all;
  result.deallocates = all;
  result.refuses_transaction_block = all;
  return result;
}

// PREPARE itself runs nothing; what EXECUTE runs is not known from its text.
statement classify_named(statement_kind kind, sql::effect effect, const char* name) {
  statement result;
  result.kind = kind;
  result.effect = effect;
  result.name = name;
  return result;
}

statement classify_execute(const PgQuery__ExecuteStmt& node) {
  statement result = classify_named(statement_kind::execute, effect::unproven, node.name);
  const proof arguments = examine(node.base);
  result.proven_arguments = arguments.harmless;
  result.uses = arguments.uses;
  return result;
}

statement classify_deallocate(const PgQuery__DeallocateStmt& node) {
  statement result = classify_named(statement_kind::deallocate, effect::harmless, node.name);
  result.deallocates = true;
  return result;
}

// Making constraints immediate runs the triggers that are due, deferring them runs nothing.
statement classify_constraints(const PgQuery__ConstraintsSetStmt& node) {
  statement result;
  if (node.deferred != 0) result.effect = effect::harmless;
  return result;
}

}  // namespace

std::optional<statement> classify_transaction(const PgQuery__Node& node) {
  if (node.node_case != PG_QUERY__NODE__NODE_TRANSACTION_STMT) return std::nullopt;
  const PgQuery__TransactionStmt& transaction = *node.transaction_stmt;
  statement result = harmless(statement_kind::other);
  switch (transaction.kind) {
    case PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_BEGIN:
    case PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_START:
      result.kind = statement_kind::begin;
      break;
    case PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_COMMIT:
      result.kind = statement_kind::commit;
      break;
    case PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_ROLLBACK:
      result.kind = statement_kind::rollback;
      break;
    case PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_SAVEPOINT:
      result.kind = statement_kind::savepoint;
      break;
    case PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_RELEASE:
      result.kind = statement_kind::release;
      break;
    case PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_ROLLBACK_TO:
      result.kind = statement_kind::rollback_to;
      result.changes_names = true;  // takes back a SET
      break;
    case PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_PREPARE:
      result.kind = statement_kind::prepare_transaction;
      break;
    case PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_COMMIT_PREPARED:
      result.kind = statement_kind::commit_prepared;
      result.defines = true;  // perhaps what was prepared does
      result.refuses_transaction_block = true;
      break;
    case PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_ROLLBACK_PREPARED:
      result.kind = statement_kind::rollback_prepared;
      result.refuses_transaction_block = true;
      break;
    default:
      return statement{};
  }
  result.and_chain = transaction.chain != 0;
  result.name = *transaction.gid != '\0' ? transaction.gid : transaction.savepoint_name;
  return result;
}

std::optional<statement> classify_session(const PgQuery__Node& node) {
  switch (node.node_case) {
    case PG_QUERY__NODE__NODE_VARIABLE_SET_STMT:
      return classify_variable(*node.variable_set_stmt);
    case PG_QUERY__NODE__NODE_VARIABLE_SHOW_STMT:
      return harmless(statement_kind::show);
    case PG_QUERY__NODE__NODE_CONSTRAINTS_SET_STMT:
      return classify_constraints(*node.constraints_set_stmt);
    case PG_QUERY__NODE__NODE_DISCARD_STMT:
      return classify_discard(*node.discard_stmt);
    case PG_QUERY__NODE__NODE_EXECUTE_STMT:
      return classify_execute(*node.execute_stmt);
    case PG_QUERY__NODE__NODE_DEALLOCATE_STMT:
      return classify_deallocate(*node.deallocate_stmt);
    case PG_QUERY__NODE__NODE_FETCH_STMT:  // runs what the cursor's query calls
      return classify_named(statement_kind::fetch, effect::unproven, node.fetch_stmt->portalname);
    case PG_QUERY__NODE__NODE_CLOSE_PORTAL_STMT:
      return classify_named(statement_kind::close_cursor, effect::harmless,
                            node.close_portal_stmt->portalname);
    case PG_QUERY__NODE__NODE_LISTEN_STMT:
    case PG_QUERY__NODE__NODE_UNLISTEN_STMT:
    case PG_QUERY__NODE__NODE_NOTIFY_STMT:
      return harmless(statement_kind::other);
    case PG_QUERY__NODE__NODE_LOCK_STMT:
      return harmless(statement_kind::lock_table);
    default:
      return std::nullopt;
  }
}

}  // namespace pgtandem::sql
