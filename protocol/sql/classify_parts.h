// The groups of statements that classify() asks one after the other. Private to this folder. Pure;
// thread-safe.
#pragma once

#include <optional>

#include "protocol/sql/statement.h"
#include "protocol/sql/syntax_tree.h"

namespace pgtandem::sql {

// A statement that is proven to write no row.
[[nodiscard]] inline statement harmless(statement_kind kind) {
  statement result;
  result.kind = kind;
  result.effect = effect::harmless;
  return result;
}

// BEGIN ... ROLLBACK PREPARED. nullopt: the node is of another group; so below.
[[nodiscard]] std::optional<statement> classify_transaction(const PgQuery__Node& node);
// SET, PREPARE, LISTEN and whatever else lives in the session.
[[nodiscard]] std::optional<statement> classify_session(const PgQuery__Node& node);
// VACUUM and its like; all other utility statements are taken for definitions.
[[nodiscard]] statement classify_utility(const PgQuery__Node& node);

}  // namespace pgtandem::sql
