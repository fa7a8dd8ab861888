// INSERT, UPDATE and DELETE: what they write and how their rows are named. Private to this folder. Pure;
// thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "protocol/sql/statement.h"
#include "protocol/sql/syntax_tree.h"

namespace pgtandem::sql {

[[nodiscard]] std::string quote_identifier(std::string_view name);

// What the statement itself says of its target. nullopt: it has none that could be told from others.
[[nodiscard]] std::optional<dml_info> describe(const PgQuery__InsertStmt& node);
[[nodiscard]] std::optional<dml_info> describe(const PgQuery__UpdateStmt& node);
[[nodiscard]] std::optional<dml_info> describe(const PgQuery__DeleteStmt& node);

[[nodiscard]] statement classify_insert(const PgQuery__InsertStmt& node);
[[nodiscard]] statement classify_update(const PgQuery__UpdateStmt& node);
[[nodiscard]] statement classify_delete(const PgQuery__DeleteStmt& node);

}  // namespace pgtandem::sql
