// Takes the literals out of a SQL text, so that texts which differ only in them share one key. Private to
// this folder. Pure; thread-safe.
#pragma once

#include <string>
#include <string_view>

namespace pgtandem::sql {

// Writes to `shape` the text with every string and number replaced by a control byte that tells its kind as
// the grammar sees it. Equal shapes mean: the same tokens, apart from the values of string, integer and float
// constants. Nothing but an integer's size or a string's content can differ, so the parse trees are alike.
//
// False, with `shape` unspecified: there is no literal in it, or the cut is not certain (comments,
// backslashes, dollar quotes, prefixed strings, exponents, control bytes ...). Blanks, identifiers, operators
// and parameters stay as they are.
[[nodiscard]] bool take_literals_out(std::string_view text, std::string& shape);

}  // namespace pgtandem::sql
