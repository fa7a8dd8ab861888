#include "protocol/sql/long_strings.h"

#include <algorithm>

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

shortened_text::shortened_text(std::string_view text) {
  constexpr std::string_view empty = "''";
  std::size_t kept = 0;
  std::size_t removed = 0;
  scanner scan(text);
  for (token t = scan.next(); t.kind != token_kind::end; t = scan.next()) {
    if (t.kind != token_kind::literal || t.text.size() < long_string) continue;
    if (!is_string(t.text) || !is_closed(t.text)) continue;
    const auto begin = static_cast<std::size_t>(t.text.data() - text.data());
    text_.append(text.substr(kept, begin - kept)).append(empty);
    kept = begin + t.text.size();
    removed += t.text.size() - empty.size();
    cuts_.push_back({text_.size(), removed});
  }
  text_.append(text.substr(kept));
}

std::size_t shortened_text::original(std::size_t at) const {
  const auto behind =
      std::upper_bound(cuts_.begin(), cuts_.end(), at, [](std::size_t a, const cut& c) { return a < c.end; });
  return behind == cuts_.begin() ? at : at + std::prev(behind)->removed;
}

void shortened_text::restore(statement& s) const {
  const std::size_t end = original(s.offset + s.length);
  s.offset = original(s.offset);
  s.length = end - s.offset;
}

}  // namespace pgtandem::sql
