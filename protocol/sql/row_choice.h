// Which rows an UPDATE or DELETE is about to write, put as a query of its own that can be run just before it.
// Pure; thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/sql/statement.h"

namespace pgtandem::sql {

struct row_choice {
  std::string from_where;  // "FROM ... WHERE ...": the target by its own name, no other relation
  std::vector<std::uint32_t> parameters;  // that it uses, each once, sorted
};

// `text` is one UPDATE or DELETE, as statement::offset and length cut it out, and `dml` what it was
// classified as. nullopt: the rows are not chosen by a condition on their own columns, constants and
// parameters alone (another relation, a function, a cursor), so that the same condition a moment later may
// mean others.
[[nodiscard]] std::optional<row_choice> choose_rows(std::string_view text, const dml_info& dml);

// Whether every assignment of one of `columns` in INSERT ... ON CONFLICT (columns) DO UPDATE takes the value
// that was to be inserted, so that it can change none of them beyond what their equality tells apart.
[[nodiscard]] bool conflict_keeps(std::string_view insert_text, const std::vector<std::string>& columns);

}  // namespace pgtandem::sql
