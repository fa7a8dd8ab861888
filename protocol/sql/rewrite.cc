#include "protocol/sql/rewrite.h"

namespace pgtandem::sql {

std::string add_returning(std::string_view statement_text, const dml_info& dml, std::string_view expression) {
  // The line break ends a comment that the statement may end in.
  const std::string_view before = dml.has_returning ? "\n, " : "\n RETURNING ";
  constexpr std::string_view after = " AS pgtandem_image";
  std::string rewritten;
  rewritten.reserve(statement_text.size() + before.size() + expression.size() + after.size());
  rewritten.append(statement_text).append(before).append(expression).append(after);
  return rewritten;
}

}  // namespace pgtandem::sql
