// SQL expressions that capture or compare rows independently of the session's settings. Pure functions.
#pragma once

#include <string>
#include <string_view>

#include "protocol/catalog/relation.h"

namespace pgtandem::catalog {

// How the image travels: as text, or base64 of its UTF-8 where client_encoding could not hold it.
enum class image_encoding { plain, base64 };

// The expression that yields the image of the row that `alias` names (already quoted if need be), as one
// non-binary text column: a marker ('J' plain, 'B' base64) and 'tableoid {row}{overlay}'; NULL where the row
// is too large to be imaged or a setting makes the text of a column inexact (column::needs). Every name in it
// is schema-qualified. Split by change::split_captured. Requires relation.refusals to be empty.
[[nodiscard]] std::string image_expression(const relation& r, std::string_view alias,
                                           image_encoding encoding);

// "name" and "schema"."name", always quoted.
[[nodiscard]] std::string quote_identifier(std::string_view name);
[[nodiscard]] std::string qualified_name(const change::table_name& t);
// 'text' as an SQL literal, safe under both settings of standard_conforming_strings.
[[nodiscard]] std::string quote_literal(std::string_view text);

// Column definition list of json_to_recordset() that reads images or keys of this relation:
// `"id" int8, "doc" text`. Columns whose JSON value cannot be read as their type (json, jsonb) are read as
// text and need the cast that `column_value` writes.
[[nodiscard]] std::string recordset_columns(const relation& r, bool key_only);
// Reads one such column from the recordset `alias`, as its type: `r."doc"::json`.
[[nodiscard]] std::string column_value(const column& c, std::string_view alias);

// SQL that pins every setting on which text output or input depends (TimeZone, DateStyle, IntervalStyle,
// extra_float_digits, bytea_output, lc_monetary, xmloption, search_path = pg_catalog ...), for own
// connections. Under them every image is whole, as far as its size allows.
[[nodiscard]] std::string_view pin_settings_sql();

}  // namespace pgtandem::catalog
