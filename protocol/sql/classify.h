// From one statement's parse tree to what capture needs to know of it. Private to this folder. Pure;
// thread-safe.
#pragma once

#include "protocol/sql/statement.h"
#include "protocol/sql/syntax_tree.h"

namespace pgtandem::sql {

// Everything but offset and length.
[[nodiscard]] statement classify(const PgQuery__Node& node);

}  // namespace pgtandem::sql
