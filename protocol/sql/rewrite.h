// Adds one expression to the RETURNING list of an INSERT, UPDATE or DELETE. Pure function.
#pragma once

#include <string>
#include <string_view>

#include "protocol/sql/statement.h"

namespace pgtandem::sql {

// `statement_text` is one statement, as statement::offset and length cut it out. The expression becomes the
// last result column, under the name pgtandem_image. Text before the insertion keeps its place, so error
// positions of the client's own text stay true.
[[nodiscard]] std::string add_returning(std::string_view statement_text, const dml_info& dml,
                                        std::string_view expression);

}  // namespace pgtandem::sql
