// SQL that writes rows to a table of the target, from what its catalog says. Pure.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "outbox/applier/apply_plan.h"
#include "protocol/catalog/relation.h"

namespace pgtandem::outbox {

// The target's table cannot take a change as it is: a column or the key differs. Says which.
class table_mismatch : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

// One statement; $1 is a JSON array of images or keys.
struct row_statement {
  std::string sql;
  std::string rows;
};

inline constexpr std::size_t default_statement_bytes = 48U << 20U;

// The statements of one step: split where their rows have different columns, and so that each stays below
// `max_bytes` unless a single row is larger. Throws table_mismatch.
[[nodiscard]] std::vector<row_statement> make_statements(const catalog::relation& target,
                                                         const apply_step& step,
                                                         std::size_t max_bytes = default_statement_bytes);

// Whether the target's table has columns of its own beside those of the image (and generated ones).
[[nodiscard]] bool has_own_columns(const catalog::relation& target, std::string_view image);

}  // namespace pgtandem::outbox
