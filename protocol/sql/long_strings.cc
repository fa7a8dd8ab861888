#include "protocol/sql/long_strings.h"

#include "protocol/sql/lexical.h"

namespace pgtandem::sql {
namespace {

bool is_string(std::string_view literal) {
  return literal.starts_with('\'') || literal.starts_with("E'") || literal.starts_with("e'");
}

// Quotes at the end come in pairs, but for the one that closes; in E'' a backslash may escape the first of
// them.
bool is_closed(std::string_view literal) {
  const bool escapes = literal.front() != '\'';
  literal.remove_prefix(escapes ? 2 : 1);
  const auto before_quotes = literal.find_last_not_of('\'') + 1;
  std::size_t quotes = literal.size() - before_quotes;
  if (escapes) {
    const auto before_backslashes = literal.substr(0, before_quotes).find_last_not_of('\\') + 1;
    quotes += (before_quotes - before_backslashes) % 2;
  }
  return quotes % 2 == 1;
}

}  // namespace

edited_text without_long_strings(std::string_view text) {
  edited_text out(text);
  scanner scan(text);
  for (token t = scan.next(); t.kind != token_kind::end; t = scan.next()) {
    if (t.kind != token_kind::literal || t.text.size() < long_string) continue;
    if (!is_string(t.text) || !is_closed(t.text)) continue;
    out.replace(static_cast<std::size_t>(t.text.data() - text.data()), t.text.size(), "''");
  }
  out.finish();
  return out;
}

}  // namespace pgtandem::sql
