#include <algorithm>
#include <span>
#include <string_view>

#include "protocol/sql/classify_parts.h"

namespace pgtandem::sql {
namespace {

using nodes = std::span<PgQuery__Node* const>;

bool has_option(nodes options, std::string_view name) {
  return std::any_of(options.begin(), options.end(), [&](const PgQuery__Node* option) {
    return option->node_case == PG_QUERY__NODE__NODE_DEF_ELEM && name == option->def_elem->defname;
  });
}

statement definition(sql::effect effect, bool refuses_transaction_block) {
  statement result;
  result.kind = statement_kind::ddl;
  result.effect = effect;
  result.refuses_transaction_block = refuses_transaction_block;
  return result;
}

statement maintenance(bool refuses_transaction_block) {
  statement result = harmless(statement_kind::maintenance);
  result.refuses_transaction_block = refuses_transaction_block;
  return result;
}

bool reindexes_many(const PgQuery__ReindexStmt& node) {
  return node.kind == PG_QUERY__REINDEX_OBJECT_TYPE__REINDEX_OBJECT_SCHEMA ||
         node.kind == PG_QUERY__REINDEX_OBJECT_TYPE__REINDEX_OBJECT_SYSTEM ||
         node.kind == PG_QUERY__REINDEX_OBJECT_TYPE__REINDEX_OBJECT_DATABASE;
}

bool detaches_concurrently(const PgQuery__AlterTableStmt& node) {
  const nodes commands(node.cmds, node.n_cmds);
  return std::any_of(commands.begin(), commands.end(), [](const PgQuery__Node* command) {
    if (command->node_case != PG_QUERY__NODE__NODE_ALTER_TABLE_CMD) return false;
    const PgQuery__Node* def = command->alter_table_cmd->def;
    return def != nullptr && def->node_case == PG_QUERY__NODE__NODE_PARTITION_CMD &&
           def->partition_cmd->concurrent != 0;
  });
}

statement of_kind(statement_kind kind) {
  statement result;
  result.kind = kind;
  return result;
}

}  // namespace

statement classify_utility(const PgQuery__Node& node) {
  switch (node.node_case) {
    case PG_QUERY__NODE__NODE_CALL_STMT:
      return of_kind(statement_kind::call);
    case PG_QUERY__NODE__NODE_DO_STMT:
      return of_kind(statement_kind::do_block);
    case PG_QUERY__NODE__NODE_MERGE_STMT:
      return of_kind(statement_kind::merge);

    case PG_QUERY__NODE__NODE_VACUUM_STMT:
      return maintenance(node.vacuum_stmt->is_vacuumcmd != 0);
    case PG_QUERY__NODE__NODE_CLUSTER_STMT:
      return maintenance(node.cluster_stmt->relation == nullptr);
    case PG_QUERY__NODE__NODE_REINDEX_STMT: {
      const PgQuery__ReindexStmt& reindex = *node.reindex_stmt;
      return maintenance(reindexes_many(reindex) ||
                         has_option({reindex.params, reindex.n_params}, "concurrently"));
    }
    case PG_QUERY__NODE__NODE_CHECK_POINT_STMT:
      return maintenance(false);
    // Runs the initialisation of a library; and a query.
    case PG_QUERY__NODE__NODE_LOAD_STMT:
    case PG_QUERY__NODE__NODE_REFRESH_MAT_VIEW_STMT:
      return of_kind(statement_kind::other);

    // Cluster-wide definitions fire no event trigger and touch no table of this database.
    case PG_QUERY__NODE__NODE_CREATEDB_STMT:
    case PG_QUERY__NODE__NODE_DROPDB_STMT:
    case PG_QUERY__NODE__NODE_CREATE_TABLE_SPACE_STMT:
    case PG_QUERY__NODE__NODE_DROP_TABLE_SPACE_STMT:
    case PG_QUERY__NODE__NODE_ALTER_SYSTEM_STMT:
      return definition(effect::harmless, true);
    case PG_QUERY__NODE__NODE_ALTER_DATABASE_STMT: {
      const PgQuery__AlterDatabaseStmt& database = *node.alter_database_stmt;
      return definition(effect::harmless, has_option({database.options, database.n_options}, "tablespace"));
    }

    case PG_QUERY__NODE__NODE_CREATE_SUBSCRIPTION_STMT:
    case PG_QUERY__NODE__NODE_ALTER_SUBSCRIPTION_STMT:
    case PG_QUERY__NODE__NODE_DROP_SUBSCRIPTION_STMT:
      return definition(effect::unproven, true);
    case PG_QUERY__NODE__NODE_INDEX_STMT:
      return definition(effect::unproven, node.index_stmt->concurrent != 0);
    case PG_QUERY__NODE__NODE_DROP_STMT:
      return definition(effect::unproven, node.drop_stmt->concurrent != 0);
    case PG_QUERY__NODE__NODE_ALTER_TABLE_STMT:
      return definition(effect::unproven, detaches_concurrently(*node.alter_table_stmt));
    // Every other statement of the grammar defines something.
    default:
      return definition(effect::unproven, false);
  }
}

}  // namespace pgtandem::sql
