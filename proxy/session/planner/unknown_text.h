// SQL that the parser does not understand. Pure functions.
#pragma once

#include <optional>
#include <string_view>

#include "protocol/sql/statement.h"

namespace pgtandem::proxy {

// A text that the parser does not know (a typing error, or words of a newer server) and that has no semicolon
// inside is one statement: it ends no transaction, for the parser knows everything that does. It is run like
// any other statement of which nothing is proven. nullopt: it may be several, or commit by itself.
[[nodiscard]] std::optional<sql::statement> one_unknown_statement(std::string_view text);

// Whether a text of which nobody knows where its strings end is at least of a kind that ends no transaction,
// if it is a single statement: its first word, ahead of any string, says so.
[[nodiscard]] bool begins_as_query(std::string_view text);

}  // namespace pgtandem::proxy
