#include <string_view>

#include "protocol/catalog/load.h"

namespace pgtandem::catalog {

namespace {

// A part of a pattern: literal characters and the two wildcards.
struct token {
  enum class kind { literal, any_one, any_many } what;
  char c = 0;
};
using glob = std::vector<token>;

struct pattern {
  glob schema;
  glob name;
};

char to_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// What is wrong, or nullopt and `out`.
std::optional<std::string> parse(std::string_view text, pattern& out) {
  bool quoted = false;
  bool second = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    glob& part = second ? out.name : out.schema;
    const char c = text[i];
    if (c == '"') {
      if (quoted && i + 1 < text.size() && text[i + 1] == '"') {
        part.push_back({token::kind::literal, '"'});
        ++i;
      } else {
        quoted = !quoted;
      }
    } else if (quoted) {
      part.push_back({token::kind::literal, c});
    } else if (c == '.') {
      if (second) return "more than one dot outside of double quotes";
      second = true;
    } else if (c == '*') {
      part.push_back({token::kind::any_many});
    } else if (c == '?') {
      part.push_back({token::kind::any_one});
    } else {
      part.push_back({token::kind::literal, to_lower(c)});
    }
  }
  if (quoted) return "a double quote is not closed";
  if (!second) return "not of the form schema.table";
  if (out.schema.empty() || out.name.empty()) return "an empty schema or table";
  return std::nullopt;
}

// How many bytes the UTF-8 character at `text` takes: `?` stands for a character.
std::size_t character_length(std::string_view text) {
  std::size_t n = 1;
  while (n < text.size() && (static_cast<unsigned char>(text[n]) & 0xC0U) == 0x80U) ++n;
  return n;
}

// Linear in pattern times text: only the last `*` is ever taken back.
bool matches_glob(const glob& g, std::string_view text) {
  std::size_t at = 0;
  std::size_t i = 0;
  std::size_t star = std::string_view::npos;
  std::size_t retry = 0;
  while (i < text.size()) {
    if (at < g.size() && g[at].what == token::kind::any_many) {
      star = at++;
      retry = i;
    } else if (at < g.size() && g[at].what == token::kind::any_one) {
      i += character_length(text.substr(i));
      ++at;
    } else if (at < g.size() && g[at].c == text[i]) {
      ++i;
      ++at;
    } else if (star != std::string_view::npos) {
      at = star + 1;
      i = ++retry;
    } else {
      return false;
    }
  }
  while (at < g.size() && g[at].what == token::kind::any_many) ++at;
  return at == g.size();
}

bool any_matches(const std::vector<std::string>& patterns, const change::table_name& t) {
  for (const auto& text : patterns) {
    pattern p;
    if (!parse(text, p) && matches_glob(p.schema, t.schema) && matches_glob(p.name, t.name)) return true;
  }
  return false;
}

}  // namespace

bool table_filter::matches(const change::table_name& t) const {
  return any_matches(include, t) && !any_matches(exclude, t);
}

std::optional<std::string> check_pattern(std::string_view text) {
  pattern p;
  return parse(text, p);
}

}  // namespace pgtandem::catalog
