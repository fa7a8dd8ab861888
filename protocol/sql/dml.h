// INSERT, UPDATE and DELETE: what they write and how their rows are named. Private to this folder. Pure;
// thread-safe.
#pragma once

#include "protocol/sql/statement.h"
#include "protocol/sql/syntax_tree.h"

namespace pgtandem::sql {

[[nodiscard]] statement classify_insert(const PgQuery__InsertStmt& node);
[[nodiscard]] statement classify_update(const PgQuery__UpdateStmt& node);
[[nodiscard]] statement classify_delete(const PgQuery__DeleteStmt& node);

}  // namespace pgtandem::sql
