// SQL that writes rows to a table of the target, from what its catalog says. Pure.
#pragma once

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "outbox/applier/apply_plan.h"
#include "protocol/catalog/relation.h"
#include "protocol/client/connection.h"

namespace pgtandem::outbox {

// The target's table cannot take a change as it is: a column or the key differs, or one of its triggers
// refuses a truncate. Says which.
class table_mismatch : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

// One statement; $1 is a JSON array of images or keys, behind it come values of the target's own columns.
struct row_statement {
  std::string sql;
  std::string rows;  // empty: it has no parameter
  std::vector<std::optional<std::string>> own;
};

// Its parameters are views into `s`.
[[nodiscard]] client::connection::statement to_statement(const row_statement& s);

inline constexpr std::size_t default_statement_bytes = 48U << 20U;

// The statements of one step: split where their rows have different columns, and so that each stays below
// `max_bytes` unless a single row is larger. Throws table_mismatch.
[[nodiscard]] std::vector<row_statement> make_statements(const catalog::relation& target,
                                                         const apply_step& step,
                                                         std::size_t max_bytes = default_statement_bytes);

// The target's relation with those columns alone that the image brings. Throws table_mismatch.
[[nodiscard]] catalog::relation image_part(const catalog::relation& target, std::string_view image);

// A row that makes room for others is removed, and written again later by `image`. What it had in columns of
// the target's own is what the first statement returns, in the order in which the second takes it; the key is
// canonical.
[[nodiscard]] row_statement make_removal(const catalog::relation& target, const std::string& key,
                                         std::string_view image);
[[nodiscard]] row_statement make_restoration(const catalog::relation& target, const std::string& image,
                                             std::vector<std::optional<std::string>> own);

}  // namespace pgtandem::outbox
