// "Did you mean": the word of a list that a mistyped one is closest to. Pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pgtandem::proxy {

// Insertions, deletions, replacements and swaps of neighbours that lead from one word to the other.
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b);

// The closest candidate; nullopt if even that one shares too little with `word` to be meant.
[[nodiscard]] std::optional<std::string> nearest(std::string_view word,
                                                 const std::vector<std::string>& candidates);

}  // namespace pgtandem::proxy
