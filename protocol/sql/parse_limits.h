// Decides whether PostgreSQL's parser may be let loose on a text. Pure function; thread-safe.
//
// libpg_query has no stack check: a long chain such as 1+1+1+... becomes a tree as deep as the chain, and
// writing the tree out and reading it back recurse once per level. Ten thousand levels overflow an 8 MiB
// stack and end the process, so every client could end it. Therefore an upper bound of the depth is computed
// here from the tokens, without recursion, before the parser sees the text. Memory is bounded too: about 200
// bytes a token.
#pragma once

#include <cstddef>
#include <string_view>

namespace pgtandem::sql {

// About 2 KiB of stack each, in the worst case.
inline constexpr std::size_t max_nesting = 1500;
inline constexpr std::size_t max_text_bytes = std::size_t{16} << 20;
inline constexpr std::size_t max_tokens = 4'000'000;
inline constexpr std::size_t max_statements = 100'000;

struct text_measure {
  std::size_t nesting = 0;  // no tree of this text is deeper
  std::size_t tokens = 0;
  std::size_t statements = 0;  // semicolons + 1
};

[[nodiscard]] text_measure measure(std::string_view text);

[[nodiscard]] bool within_parse_limits(std::string_view text);

}  // namespace pgtandem::sql
