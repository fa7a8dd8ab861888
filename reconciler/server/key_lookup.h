// SQL that finds rows by a batch of keys, and SQL that reads the keys of rows. Pure functions.
//
// Keys are canonical (see protocol/change/image.h). The batch is one parameter, a JSON array; the rows it
// finds name their key by its place in that array, so that a key counts as found by the type's own equality,
// never by its text.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/catalog/relation.h"

namespace pgtandem::reconciler {

// The equality operator of each key column of `keyed` as the server has it that `on` was loaded from.
[[nodiscard]] std::vector<std::string> key_equalities(const catalog::relation& keyed,
                                                      const catalog::relation& on);

// `ONLY "s"."t"` for a table, `"s"."t"` for a partition root.
[[nodiscard]] std::string from_relation(const catalog::relation& r);

// FROM item over $1 with alias k: the key columns and k.pgtandem_ord, counted from 1.
[[nodiscard]] std::string keys_recordset(const catalog::relation& r);

// t."a" OPERATOR(..) k."a" AND ...
[[nodiscard]] std::string key_match(const catalog::relation& r, const std::vector<std::string>& equalities);

// Reads keys without their rows: a relation of the key columns alone, as rows of `key_row` have it ...
[[nodiscard]] catalog::relation key_relation(const catalog::relation& r);
// ... `CROSS JOIN LATERAL (..) key_row` to a row t, the expression over it, and what its text means (nullopt:
// the table was altered).
[[nodiscard]] std::string join_key_row(const catalog::relation& r);
[[nodiscard]] std::string key_expression(const catalog::relation& key_relation);
[[nodiscard]] std::optional<std::string> key_of(std::string_view captured,
                                                const catalog::relation& key_relation);

// [key,key,...]
[[nodiscard]] std::string json_array(std::span<const std::string> keys);

}  // namespace pgtandem::reconciler
