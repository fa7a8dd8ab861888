#include "proxy/session/planner/unknown_text.h"

#include <algorithm>
#include <cctype>

namespace pgtandem::proxy {
namespace {

bool starts_with_word(std::string_view text, std::string_view word) {
  return text.size() >= word.size() && std::equal(word.begin(), word.end(), text.begin(), [](char w, char c) {
           return w == std::tolower(static_cast<unsigned char>(c));
         });
}

constexpr std::string_view blanks = " \t\r\n\f";

}  // namespace

std::optional<sql::statement> one_unknown_statement(std::string_view text) {
  constexpr std::size_t longest = std::size_t{1} << 20;  // the parser may have given up over the size alone
  const auto first = text.find_first_not_of(blanks);
  const auto last = text.find_last_not_of("; \t\r\n\f");
  if (first == std::string_view::npos || last == std::string_view::npos || last < first) return std::nullopt;
  const std::string_view body = text.substr(first, last - first + 1);
  if (body.size() > longest || body.find(';') != std::string_view::npos) return std::nullopt;
  // A comment in front could hide these.
  if (body.starts_with("--") || body.starts_with("/*")) return std::nullopt;
  for (const std::string_view word : {"copy", "call", "do"})
    if (starts_with_word(body, word)) return std::nullopt;
  sql::statement s;
  s.offset = 0;
  s.length = text.size();  // whole: what legacy says of it may name its last semicolon
  s.changes_names = s.changes_lexing = s.defines = true;
  return s;
}

bool begins_as_query(std::string_view text) {
  const auto first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return false;
  text.remove_prefix(first);
  for (const std::string_view word : {"select", "insert", "update", "delete", "merge", "with", "values"})
    if (starts_with_word(text, word) && blanks.find(text.substr(word.size(), 1)) != std::string_view::npos)
      return text.size() > word.size();
  return false;
}

}  // namespace pgtandem::proxy
