#include "protocol/catalog/image_sql.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

namespace pgtandem::catalog {

namespace {

const std::string& base_type(const column& c) {
  return c.base_type.empty() ? c.type : c.base_type;
}

std::string reference(const column& c, std::string_view alias) {
  return fmt::format("{}.{}", alias, quote_identifier_ascii(c.name));
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
    case column_form::char_code:
      return hex_of("charsend", value);
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

// row_to_json of the row, without what has to be kept out of it; of nothing but the columns of `r` unless it
// is the `whole` relation.
std::string row_object(const relation& r, std::string_view alias, bool whole) {
  std::string rest;
  for (const auto& c : r.columns) {
    if (c.apart) continue;
    if (!rest.empty()) rest += ", ";
    rest += reference(c, alias);
  }
  if (rest.empty()) return "'{}'";
  const bool apart = std::any_of(r.columns.begin(), r.columns.end(), [](const column& c) { return c.apart; });
  if (whole && !apart) return fmt::format("pg_catalog.row_to_json({}.*)", alias);
  return fmt::format("(SELECT pg_catalog.row_to_json(\"row\".*) FROM (SELECT {}) AS \"row\")", rest);
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
    columns += quote_literal_ascii(c.name);
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
std::string_view size_limit(image_form form) {
  return form == image_form::plain ? "150000000" : "130000000";
}

// A setting on which exact text depends.
struct text_setting {
  std::uint8_t need;
  std::string_view met;     // whether the session meets it, as SQL
  std::string_view name;    // empty: not to be pinned
  std::string_view pinned;  // the value under which text is exact
};

constexpr std::array<text_setting, 5> text_settings{{
    {needs_utf8, "pg_catalog.pg_client_encoding() OPERATOR(pg_catalog.=) 'UTF8'", "", ""},
    {needs_float_digits,
     "CAST(pg_catalog.current_setting('extra_float_digits') AS pg_catalog.int4) OPERATOR(pg_catalog.>) 0",
     "extra_float_digits", "3"},
    {needs_iso_dates, "pg_catalog.current_setting('DateStyle') OPERATOR(pg_catalog.~~) 'ISO%'", "DateStyle",
     "ISO, MDY"},
    {needs_interval_style, "pg_catalog.current_setting('IntervalStyle') OPERATOR(pg_catalog.=) 'postgres'",
     "IntervalStyle", "postgres"},
    {needs_c_money,
     "pg_catalog.current_setting('lc_monetary') OPERATOR(pg_catalog.=) ANY "
     "(CAST('{C,POSIX}' AS pg_catalog.text[]))",
     "lc_monetary", "C"},
}};

std::uint8_t needs_of(const relation& r) {
  std::uint8_t needs = needs_utf8;
  for (const auto& c : r.columns) needs |= c.needs;
  return needs;
}

// What has to hold for the row to be imaged in this form at all.
std::vector<std::string> conditions(const relation& r, std::string_view alias, image_form form) {
  std::vector<std::string> all;
  if (form == image_form::plain) {
    const auto needs = needs_of(r);
    for (const auto& setting : text_settings)
      if ((needs & setting.need) != 0) all.emplace_back(setting.met);
  }
  std::string size;
  for (const auto& c : r.columns) {
    if (!c.unbounded) continue;
    if (!size.empty()) size += " OPERATOR(pg_catalog.+) ";
    size += size_of(c, alias);
  }
  if (!size.empty()) all.push_back(fmt::format("({}) OPERATOR(pg_catalog.<) {}", size, size_limit(form)));
  return all;
}

std::string row_body(const relation& r, std::string_view alias, bool whole) {
  return fmt::format("{}.tableoid, ' ', {}{}", alias, row_object(r, alias, whole), overlay(r, alias));
}

// Sets what the text depends on before the row is read and sets it back behind it, for this expression alone:
// arguments are evaluated from left to right, and OFFSET 0 has the settings read before any of them.
std::string pinned_body(const relation& r, std::string_view alias, bool whole) {
  const auto set = [](std::string_view name, std::string_view value) {
    return fmt::format("pg_catalog.left(pg_catalog.set_config('{}', {}, true), 0)", name, value);
  };
  std::string before;
  std::string after;
  std::string present;
  const auto needs = needs_of(r);
  for (const auto& setting : text_settings) {
    if (setting.name.empty() || (needs & setting.need) == 0) continue;
    before += set(setting.name, fmt::format("'{}'", setting.pinned)) + ", ";
    after += ", " + set(setting.name, fmt::format("pgtandem_settings.{}", setting.name));
    present += fmt::format("{}pg_catalog.current_setting('{}') AS {}", present.empty() ? "" : ", ",
                           setting.name, setting.name);
  }
  auto image = fmt::format(
      "pg_catalog.concat('B', pg_catalog.encode(pg_catalog.convert_to(pg_catalog.concat({}{}{}), 'UTF8'), "
      "'base64'))",
      before, row_body(r, alias, whole), after);
  if (present.empty()) return image;
  return fmt::format("(SELECT {} FROM (SELECT {} OFFSET 0) AS pgtandem_settings)", image, present);
}

// The type to read a column's JSON value as, where that is not its own.
std::string_view read_as(const column& c) {
  const auto& type = base_type(c);
  // They would take a JSON value for theirs, not the text in a string.
  if (type == "json" || type == "jsonb") return "text";
  return c.form == column_form::char_code ? "integer" : "";
}

}  // namespace

std::string_view unmet_needs_sql() {
  static const std::string sql = [] {
    std::string sum;
    for (const auto& setting : text_settings) {
      if (!sum.empty()) sum += " OPERATOR(pg_catalog.+) ";
      sum += fmt::format("CASE WHEN {} THEN 0 ELSE {} END", setting.met, setting.need);
    }
    return sum;
  }();
  return sql;
}

image_form image_form_for(const relation& r, std::uint8_t unmet) {
  return (needs_of(r) & unmet) == 0 ? image_form::plain : image_form::pinned;
}

namespace {

std::string expression(const relation& r, std::string_view alias, image_form form, bool whole) {
  const auto image = form == image_form::plain
                         ? fmt::format("pg_catalog.concat('J', {})", row_body(r, alias, whole))
                         : pinned_body(r, alias, whole);
  const auto all = conditions(r, alias, form);
  if (all.empty()) return image;
  return fmt::format("CASE WHEN {} THEN {} END", fmt::join(all, " AND "), image);
}

}  // namespace

std::string image_expression(const relation& r, std::string_view alias, image_form form) {
  return expression(r, alias, form, true);
}

relation key_part(const relation& r) {
  relation part = r;
  part.columns.clear();
  for (std::size_t i = 0; i < r.key.size(); ++i) {
    part.columns.push_back(r.columns[r.key[i].column]);
    part.key[i].column = static_cast<std::uint32_t>(i);
  }
  return part;
}

std::string key_expression(const relation& r, std::string_view alias, image_form form) {
  return expression(key_part(r), alias, form, false);
}

std::string recordset_columns(const relation& r, bool key_only) {
  std::string out;
  const auto add = [&](const column& c) {
    if (!out.empty()) out += ", ";
    const auto other = read_as(c);
    out += quote_identifier(c.name) + " ";
    out += other.empty() ? std::string_view(c.type) : other;
  };
  if (key_only) {
    for (const auto& k : r.key) add(r.columns[k.column]);
  } else {
    for (const auto& c : r.columns) add(c);
  }
  return out;
}

std::string column_value(const column& c, std::string_view alias) {
  const auto value = fmt::format("{}.{}", alias, quote_identifier(c.name));
  return read_as(c).empty() ? value : fmt::format("CAST({} AS {})", value, c.type);
}

std::string_view pin_settings_sql() {
  return "SET search_path = pg_catalog; SET TimeZone = 'UTC'; SET DateStyle = 'ISO, MDY'; "
         "SET IntervalStyle = 'postgres'; SET extra_float_digits = 3; SET bytea_output = 'hex'; "
         "SET lc_monetary = 'C'; SET xmloption = 'content'; SET array_nulls = on; "
         "SET standard_conforming_strings = on; SET transform_null_equals = off; SET client_encoding = "
         "'UTF8'";
}

}  // namespace pgtandem::catalog
