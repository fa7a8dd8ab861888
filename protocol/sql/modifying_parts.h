// INSERT, UPDATE and DELETE in WITH: what each part writes, and where in the text it stands. Private to this
// folder. Pure; thread-safe.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "protocol/sql/statement.h"
#include "protocol/sql/syntax_tree.h"

namespace pgtandem::sql {

// Null: there is more in the statement than its parts write, or a part of which nothing can be told.
[[nodiscard]] std::shared_ptr<const modifying_parts> read_parts(const PgQuery__SelectStmt& node);
[[nodiscard]] std::shared_ptr<const modifying_parts> read_parts(const PgQuery__InsertStmt& node);
[[nodiscard]] std::shared_ptr<const modifying_parts> read_parts(const PgQuery__UpdateStmt& node);
[[nodiscard]] std::shared_ptr<const modifying_parts> read_parts(const PgQuery__DeleteStmt& node);

// Bytes into the text.
struct part_place {
  std::size_t name = 0;  // of `name (columns) AS MATERIALIZED (`
  std::size_t body = 0;  // behind that bracket
  std::size_t end = 0;   // of the bracket that closes it
  std::size_t star = 0;  // of RETURNING *, where it returns all
};

// One for each of modifying_parts::parts, in the same order. nullopt: the text does not read as expected.
[[nodiscard]] std::optional<std::vector<part_place>> find_parts(std::string_view statement_text);

}  // namespace pgtandem::sql
