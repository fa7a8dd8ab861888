#include <algorithm>
#include <span>
#include <string_view>

#include "protocol/sql/classify_parts.h"
#include "protocol/sql/proof.h"

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
  result.defines = effect == effect::unproven;
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

bool is_temporary(const PgQuery__RangeVar* relation) {
  return relation != nullptr &&
         (*relation->relpersistence == 't' || std::string_view(relation->schemaname) == "pg_temp");
}

// One of the session's own means nothing to others, unless it takes over what another table runs.
statement create_table(const PgQuery__CreateStmt& node) {
  statement result = definition(effect::unproven, false);
  proof found = examine(node.base);
  result.defines =
      !is_temporary(node.relation) || node.n_inh_relations != 0 || node.of_typename != nullptr ||
      std::any_of(node.table_elts, node.table_elts + node.n_table_elts, [](const PgQuery__Node* element) {
        return element->node_case == PG_QUERY__NODE__NODE_TABLE_LIKE_CLAUSE;
      });
  result.uses = std::move(found.uses);
  return result;
}

statement create_table_as(const PgQuery__CreateTableAsStmt& node) {
  statement result = definition(effect::unproven, false);
  result.defines = node.into == nullptr || !is_temporary(node.into->rel);
  return result;
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
    case PG_QUERY__NODE__NODE_DO_STMT: {
      statement result = of_kind(statement_kind::do_block);
      result.defines = true;
      return result;
    }
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
    case PG_QUERY__NODE__NODE_CREATE_STMT:
      return create_table(*node.create_stmt);
    case PG_QUERY__NODE__NODE_CREATE_TABLE_AS_STMT:
      return create_table_as(*node.create_table_as_stmt);
    case PG_QUERY__NODE__NODE_COMMENT_STMT:
    case PG_QUERY__NODE__NODE_CREATE_SEQ_STMT:
    case PG_QUERY__NODE__NODE_ALTER_SEQ_STMT: {
      statement result = definition(effect::unproven, false);
      result.defines = false;
      return result;
    }
    case PG_QUERY__NODE__NODE_INDEX_STMT:
      return definition(effect::unproven, node.index_stmt->concurrent != 0);
    case PG_QUERY__NODE__NODE_DROP_STMT: {
      statement result = definition(effect::unproven, node.drop_stmt->concurrent != 0);
      result.defines = false;  // it leaves less to meet, and temporary tables are dropped all the time
      return result;
    }
    case PG_QUERY__NODE__NODE_ALTER_TABLE_STMT:
      return definition(effect::unproven, detaches_concurrently(*node.alter_table_stmt));
    // Every other statement of the grammar defines something.
    default:
      return definition(effect::unproven, false);
  }
}

}  // namespace pgtandem::sql
