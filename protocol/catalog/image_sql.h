// SQL expressions that capture or compare rows independently of the session's settings. Pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "protocol/catalog/relation.h"

namespace pgtandem::catalog {

// How an image is asked of a session.
enum class image_form : std::uint8_t {
  plain,   // as text; NULL where the session does not meet the relation's needs
  pinned,  // under settings of its own, as base64: whole in every session, and slower
};

// Of column_needs, those that a session does not meet, as an SQL expression of type integer.
[[nodiscard]] std::string_view unmet_needs_sql();
// The form for a session of which the expression above yielded `unmet`.
[[nodiscard]] image_form image_form_for(const relation& r, std::uint8_t unmet);

// The expression that yields the image of the row that `alias` names (already quoted if need be), as one
// non-binary text column: a marker ('J' plain, 'B' base64 of its UTF-8) and 'tableoid {row}{overlay}'; NULL
// where the row is too large to be imaged or the form does not fit the session. It never fails. Every name in
// it is schema-qualified, and it is ASCII whatever the columns are called. Split by change::split_captured.
// Requires relation.refusals to be empty. On own connections, whose settings are pinned, use plain.
[[nodiscard]] std::string image_expression(const relation& r, std::string_view alias, image_form form);

// The relation with the columns of its key alone, of which keys are made like images of whole rows.
[[nodiscard]] relation key_part(const relation& r);
// The expression that yields what image_expression would of key_part(), whatever other columns `alias` has.
[[nodiscard]] std::string key_expression(const relation& r, std::string_view alias, image_form form);

// "name" and "schema"."name", always quoted.
[[nodiscard]] std::string quote_identifier(std::string_view name);
[[nodiscard]] std::string qualified_name(const change::table_name& t);
// 'text' as an SQL literal, safe under both settings of standard_conforming_strings.
[[nodiscard]] std::string quote_literal(std::string_view text);
// The same in ASCII alone, for statements that are sent in a client's encoding.
[[nodiscard]] std::string quote_identifier_ascii(std::string_view name);
[[nodiscard]] std::string quote_literal_ascii(std::string_view text);

// Column definition list of json_to_recordset() that reads images or keys of this relation:
// `"id" int8, "doc" text`. Columns whose JSON value cannot be read as their type (json, jsonb, "char") are
// read as another and need the cast that `column_value` writes.
[[nodiscard]] std::string recordset_columns(const relation& r, bool key_only);
// Reads one such column from the recordset `alias`, as its type: `r."doc"::json`.
[[nodiscard]] std::string column_value(const column& c, std::string_view alias);

// SQL that pins every setting on which text output or input depends (TimeZone, DateStyle, IntervalStyle,
// extra_float_digits, bytea_output, lc_monetary, xmloption, search_path = pg_catalog ...), for own
// connections. Under them every image is whole, as far as its size allows.
[[nodiscard]] std::string_view pin_settings_sql();

}  // namespace pgtandem::catalog
