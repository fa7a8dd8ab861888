// Texts of sessions with standard_conforming_strings off.
#include <optional>
#include <string>
#include <vector>

#include "protocol/sql/lexical.h"
#include "protocol/sql/parse.h"

namespace pgtandem::sql {
namespace {

constexpr std::string_view escape_mark = " E";

// A text that says under standard_conforming_strings what another says without.
struct conforming {
  std::string text;
  std::vector<std::size_t> marks;  // where in `text` an escape_mark was put in, ascending

  // Where a byte of `text` was in the text that this was made of.
  [[nodiscard]] std::size_t original(std::size_t at) const {
    std::size_t before = 0;
    while (before < marks.size() && marks[before] < at) ++before;
    return at - before * escape_mark.size();
  }
};

// B'', X'', N'' and U&'' have rules of their own for backslashes.
bool has_prefix(std::string_view text, std::size_t quote) {
  if (quote == 0) return false;
  const char before = text[quote - 1];
  if (before == '&') return true;
  const bool letter = std::string_view("bBxXnN").find(before) != std::string_view::npos;
  return letter && (quote == 1 || !continues_word(text[quote - 2]));
}

std::optional<conforming> to_conforming(std::string_view text) {
  conforming out;
  scanner tokens(text, scanner::backslash::escape);
  std::size_t copied = 0;
  for (;;) {
    const token t = tokens.next();
    if (t.kind == token_kind::end) break;
    if (!t.text.starts_with('\'') || t.text.find('\\') == std::string_view::npos) continue;
    const auto quote = static_cast<std::size_t>(t.text.data() - text.data());
    if (has_prefix(text, quote)) return std::nullopt;
    out.text.append(text.substr(copied, quote - copied));
    out.marks.push_back(out.text.size());
    out.text.append(escape_mark);
    copied = quote;
  }
  out.text.append(text.substr(copied));
  return out;
}

}  // namespace

parsed_text parse_with_backslashes(std::string_view text) {
  const auto same = to_conforming(text);
  if (!same) {
    parsed_text unknown;
    unknown.ok = false;
    return unknown;
  }
  parsed_text parsed = parse(same->text);
  for (statement& one : parsed.statements) {
    const std::size_t end = same->original(one.offset + one.length);
    one.offset = same->original(one.offset);
    one.length = end - one.offset;
  }
  return parsed;
}

}  // namespace pgtandem::sql
