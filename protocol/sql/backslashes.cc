// Texts of sessions with standard_conforming_strings off.
#include <optional>

#include "protocol/sql/edited_text.h"
#include "protocol/sql/lexical.h"
#include "protocol/sql/parse.h"

namespace pgtandem::sql {
namespace {

// B'', X'', N'' and U&'' have rules of their own for backslashes.
bool has_prefix(std::string_view text, std::size_t quote) {
  if (quote == 0) return false;
  const char before = text[quote - 1];
  if (before == '&') return true;
  const bool letter = std::string_view("bBxXnN").find(before) != std::string_view::npos;
  return letter && (quote == 1 || !continues_word(text[quote - 2]));
}

// The same statements as they are written under standard_conforming_strings.
std::optional<edited_text> to_conforming(std::string_view text) {
  edited_text out(text);
  scanner tokens(text, scanner::backslash::escape);
  for (token t = tokens.next(); t.kind != token_kind::end; t = tokens.next()) {
    if (!t.text.starts_with('\'') || t.text.find('\\') == std::string_view::npos) continue;
    const auto quote = static_cast<std::size_t>(t.text.data() - text.data());
    if (has_prefix(text, quote)) return std::nullopt;
    out.replace(quote, 0, " E");
  }
  out.finish();
  return out;
}

}  // namespace

parsed_text parse_with_backslashes(std::string_view text) {
  const auto conforming = to_conforming(text);
  if (!conforming) {
    parsed_text unknown;
    unknown.ok = false;
    return unknown;
  }
  parsed_text parsed = parse(conforming->text());
  for (statement& one : parsed.statements) conforming->restore(one);
  return parsed;
}

}  // namespace pgtandem::sql
