#include "protocol/catalog/image_sql.h"

#include <fmt/format.h>

#include <vector>

namespace pgtandem::catalog {

namespace {

const std::string& base_type(const column& c) {
  return c.base_type.empty() ? c.type : c.base_type;
}

std::string reference(const column& c, std::string_view alias) {
  return fmt::format("{}.{}", alias, quote_identifier(c.name));
}

std::string hex_of(std::string_view send_function, const std::string& value) {
  return fmt::format("pg_catalog.encode(pg_catalog.{}({}), 'hex')", send_function, value);
}

// Whether these are arrays of date, timestamp or timestamptz: "timestamp(3) without time zone[]".
bool is_date_array(std::string_view type) {
  return type == "date[]" || (type.starts_with("timestamp") && type.ends_with("[]"));
}

bool is_timestamptz(std::string_view type) {
  return type.starts_with("timestamp") && type.ends_with("with time zone");
}

// JSON has one form for dates; its brackets become those of an array, and the bounds are put before it.
std::string date_array_text(const std::string& value) {
  return fmt::format(
      "CASE WHEN {0} IS NULL THEN NULL WHEN pg_catalog.array_dims({0}) IS NULL THEN '{{}}' ELSE "
      "pg_catalog.concat(pg_catalog.array_dims({0}), '=', "
      "pg_catalog.translate(CAST(pg_catalog.array_to_json({0}) AS "
      "pg_catalog.text), '[]', '{{}}')) END",
      value);
}

// Text or hex of a column that no setting touches (or, with column::needs, none but those).
std::string exact_text(const column& c, std::string_view alias) {
  const auto value = reference(c, alias);
  const auto& type = base_type(c);
  switch (c.form) {
    case column_form::float4:
      return hex_of("float4send", value);
    case column_form::float8:
      return hex_of("float8send", value);
    case column_form::interval:
      return hex_of("interval_send", value);
    case column_form::money:
      return hex_of("cash_send", value);
    default:
      break;
  }
  if (is_date_array(type)) return date_array_text(value);
  if (is_timestamptz(type)) {
    return fmt::format(
        "pg_catalog.concat(pg_catalog.to_json(pg_catalog.timezone('UTC', {})) OPERATOR(pg_catalog.#>>) "
        "CAST('{{}}' AS pg_catalog.text[]), ' +00')",
        value);
  }
  if (type == "bytea") {
    return fmt::format("pg_catalog.concat({}, pg_catalog.encode({}, 'hex'))", quote_literal("\\x"), value);
  }
  return fmt::format("CAST({} AS pg_catalog.text)", value);
}

// json_object() of texts: unlike json_build_object() it takes any number of columns.
std::string overlay(const relation& r, std::string_view alias) {
  std::string columns;
  std::string values;
  for (const auto& c : r.columns) {
    if (c.form == column_form::json || c.form == column_form::unsupported) continue;
    if (!columns.empty()) {
      columns += ", ";
      values += ", ";
    }
    columns += quote_literal(c.name);
    values += exact_text(c, alias);
  }
  if (columns.empty()) return {};
  return fmt::format(
      ", pg_catalog.json_object(CAST(ARRAY[{}] AS pg_catalog.text[]), CAST(ARRAY[{}] AS pg_catalog.text[]))",
      columns, values);
}

// Bytes that a value may take in the image before it is escaped. Nothing is read from TOAST for the types
// that are large in practice: their length is in the pointer.
std::string size_of(const column& c, std::string_view alias) {
  const auto value = reference(c, alias);
  const auto& type = base_type(c);
  const auto octets = [&](std::string_view as) {
    return fmt::format(
        "COALESCE(CAST(pg_catalog.octet_length(CAST({} AS pg_catalog.{})) AS pg_catalog.int8), 0)", value,
        as);
  };
  const bool in_key_as_hex = type == "bytea" && c.form == column_form::text;
  if (type == "bytea" && !in_key_as_hex) return octets("bytea");
  if (type == "text" || type == "xml" || type.starts_with("character varying")) return octets("text");
  // Of the rest only the stored size is known, perhaps a 250th of the text, which comes twice in the image.
  return fmt::format(
      "COALESCE(CASE WHEN pg_catalog.pg_column_size({0}) OPERATOR(pg_catalog.<) 100000 "
      "OR pg_catalog.pg_column_size({0}) OPERATOR(pg_catalog.>) 150000000 "
      "THEN CAST(pg_catalog.pg_column_size({0}) AS pg_catalog.int8) "
      "ELSE 2 OPERATOR(pg_catalog.*) CAST(pg_catalog.octet_length(CAST({0} AS pg_catalog.text)) AS "
      "pg_catalog.int8) "
      "END, 0)",
      value);
}

// A value may become six times as long in JSON (\u0001), and base64 adds a third: the result has to stay
// below 1 GB.
std::string_view size_limit(image_encoding encoding) {
  return encoding == image_encoding::plain ? "150000000" : "130000000";
}

std::vector<std::string> conditions(const relation& r, std::string_view alias, image_encoding encoding) {
  std::string size;
  std::uint8_t needs = needs_nothing;
  for (const auto& c : r.columns) {
    needs |= c.needs;
    if (!c.unbounded) continue;
    if (!size.empty()) size += " OPERATOR(pg_catalog.+) ";
    size += size_of(c, alias);
  }
  std::vector<std::string> all;
  if ((needs & needs_float_digits) != 0) {
    all.emplace_back(
        "CAST(pg_catalog.current_setting('extra_float_digits') AS pg_catalog.int4) OPERATOR(pg_catalog.>) 0");
  }
  if ((needs & needs_iso_dates) != 0) {
    all.emplace_back("pg_catalog.current_setting('DateStyle') OPERATOR(pg_catalog.~~) 'ISO%'");
  }
  if ((needs & needs_interval_style) != 0) {
    all.emplace_back("pg_catalog.current_setting('IntervalStyle') OPERATOR(pg_catalog.=) 'postgres'");
  }
  if (!size.empty()) all.push_back(fmt::format("({}) OPERATOR(pg_catalog.<) {}", size, size_limit(encoding)));
  return all;
}

// json and jsonb would take a JSON value for theirs, not the text in a string.
bool read_as_text(const column& c) {
  return base_type(c) == "json" || base_type(c) == "jsonb";
}

}  // namespace

std::string image_expression(const relation& r, std::string_view alias, image_encoding encoding) {
  const auto body =
      fmt::format("{0}.tableoid, ' ', pg_catalog.row_to_json({0}.*){1}", alias, overlay(r, alias));
  auto image = encoding == image_encoding::plain
                   ? fmt::format("pg_catalog.concat('J', {})", body)
                   : fmt::format(
                         "pg_catalog.concat('B', pg_catalog.encode(pg_catalog.convert_to("
                         "pg_catalog.concat({}), 'UTF8'), 'base64'))",
                         body);
  const auto all = conditions(r, alias, encoding);
  if (all.empty()) return image;
  return fmt::format("CASE WHEN {} THEN {} END", fmt::join(all, " AND "), image);
}

std::string recordset_columns(const relation& r, bool key_only) {
  std::string out;
  const auto add = [&](const column& c) {
    if (!out.empty()) out += ", ";
    out += quote_identifier(c.name) + " " + (read_as_text(c) ? "text" : c.type);
  };
  if (key_only) {
    for (const auto& k : r.key) add(r.columns[k.column]);
  } else {
    for (const auto& c : r.columns) add(c);
  }
  return out;
}

std::string column_value(const column& c, std::string_view alias) {
  const auto value = reference(c, alias);
  return read_as_text(c) ? fmt::format("CAST({} AS {})", value, c.type) : value;
}

std::string_view pin_settings_sql() {
  return "SET search_path = pg_catalog; SET TimeZone = 'UTC'; SET DateStyle = 'ISO, MDY'; "
         "SET IntervalStyle = 'postgres'; SET extra_float_digits = 3; SET bytea_output = 'hex'; "
         "SET lc_monetary = 'C'; SET xmloption = 'content'; SET array_nulls = on; "
         "SET standard_conforming_strings = on; SET transform_null_equals = off; SET client_encoding = "
         "'UTF8'";
}

}  // namespace pgtandem::catalog
