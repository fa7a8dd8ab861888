// Takes the content of long strings out of a text before it is parsed: a value of many megabytes, written as
// a literal, says nothing about what its statement does. Private to this folder. Pure.
#pragma once

#include <cstddef>
#include <string_view>

#include "protocol/sql/edited_text.h"

namespace pgtandem::sql {

// Shorter texts are parsed as they are.
inline constexpr std::size_t long_text = std::size_t{1} << 20;
inline constexpr std::size_t long_string = 4096;

// Puts '' in place of every string 'like this' or E'like this' of at least `long_string` bytes. Others, such
// as
// $$those$$, stay: they may be code.
[[nodiscard]] edited_text without_long_strings(std::string_view text);

}  // namespace pgtandem::sql
