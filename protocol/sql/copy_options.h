// What COPY FROM STDIN says of the data it reads. Private to this folder. Pure; thread-safe.
#pragma once

#include <memory>

#include "protocol/sql/statement.h"
#include "protocol/sql/syntax_tree.h"

namespace pgtandem::sql {

// Null where rows may be left out (WHERE, ON_ERROR), or the data come from elsewhere, or are read in a way
// that protocol/copy does not know.
[[nodiscard]] std::shared_ptr<const copy_source> read_copy_source(const PgQuery__CopyStmt& node);

}  // namespace pgtandem::sql
