#include "protocol/sql/parse.h"

#include <algorithm>

#include "protocol/sql/classify.h"
#include "protocol/sql/lexical.h"
#include "protocol/sql/long_strings.h"
#include "protocol/sql/syntax_tree.h"

namespace pgtandem::sql {
namespace {

// The parser's range begins behind the semicolon before; 0 as length means "to the end".
void locate(const PgQuery__RawStmt& raw, std::string_view text, statement& out) {
  const auto begin = std::min(static_cast<std::size_t>(raw.stmt_location), text.size());
  const std::size_t rest = text.size() - begin;
  const auto given = static_cast<std::size_t>(raw.stmt_len);
  const std::string_view range = text.substr(begin, given == 0 ? rest : std::min(given, rest));
  scanner scan(range);
  scan.skip_blanks();
  while (scan.position() < range.size() && range[scan.position()] == ';') {  // empty statements before it
    (void)scan.next();
    scan.skip_blanks();
  }
  std::size_t end = range.size();
  while (end > scan.position() && is_blank(range[end - 1])) --end;
  out.offset = begin + scan.position();
  out.length = end - scan.position();
}

parsed_text parse_whole(std::string_view text) {
  parsed_text result;
  const std::optional<syntax_tree> tree = syntax_tree::parse(text);
  if (!tree) {
    result.ok = false;
    return result;
  }
  const PgQuery__ParseResult& root = tree->root();
  result.statements.reserve(root.n_stmts);
  for (std::size_t i = 0; i < root.n_stmts; ++i) {
    const PgQuery__RawStmt& raw = *root.stmts[i];
    statement& added =
        result.statements.emplace_back(raw.stmt == nullptr ? statement{} : classify(*raw.stmt));
    if (raw.stmt == nullptr) added.changes_names = added.changes_lexing = true;
    locate(raw, text, added);
  }
  return result;
}

}  // namespace

parsed_text parse(std::string_view text) {
  // A NUL in a string would be taken out with it.
  const bool whole = text.size() < long_text || text.find('\0') != std::string_view::npos;
  if (whole) return parse_whole(text);
  const edited_text shortened = without_long_strings(text);
  parsed_text result = parse_whole(shortened.text());
  for (statement& one : result.statements) shortened.restore(one);
  return result;
}

}  // namespace pgtandem::sql
