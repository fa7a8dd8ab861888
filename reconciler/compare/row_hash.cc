#include "reconciler/compare/row_hash.h"

#include <fmt/format.h>

#include "protocol/catalog/image_sql.h"

namespace pgtandem::reconciler {

namespace {

constexpr int shown_length = 2000;

// A column as both servers print it alike: what "char" prints depends on the version.
std::string comparable(const catalog::column& c) {
  const std::string column = "t." + catalog::quote_identifier(c.name);
  return c.form == catalog::column_form::char_code ? column + "::int4" : column;
}

// The text of a key column, equal where the type calls the values equal as far as text can tell.
std::string canonical_text(const catalog::relation& r, const catalog::key_column& key) {
  const std::string column = comparable(r.columns[key.column]);
  switch (key.form) {
    case catalog::key_form::numeric:
      // 1.0 and 1.00 are one key; trim_scale() came in version 13 only.
      return fmt::format(
          "CASE WHEN {0}::text LIKE '%.%' THEN pg_catalog.rtrim(pg_catalog.rtrim({0}::text, '0'), '.')"
          " ELSE {0}::text END",
          column);
    case catalog::key_form::bpchar:
      return fmt::format("pg_catalog.rtrim({}::text, ' ')", column);
    case catalog::key_form::floating:
      return fmt::format("CASE WHEN {0} = 0 THEN '0' ELSE {0}::text END", column);
    case catalog::key_form::bytewise:
    case catalog::key_form::caseless:
    case catalog::key_form::opaque:
      break;
  }
  return column;
}

}  // namespace

std::string text_hash(std::string_view text, int seed, const hash_form& form) {
  const std::string input =
      form.utf8 ? fmt::format("pg_catalog.encode(pg_catalog.convert_to({}, 'UTF8'), 'hex')", text)
                : std::string(text);
  if (form.md5) {
    return fmt::format("('x' || pg_catalog.substr(pg_catalog.md5('{}' || {}), 1, 16))::bit(64)::bigint", seed,
                       input);
  }
  return fmt::format("pg_catalog.hashint8extended(pg_catalog.hashtextextended(({}) COLLATE \"C\", {}), {})",
                     input, seed, seed);
}

std::string row_hash(const catalog::relation& legacy, const hash_form& form) {
  std::string columns;
  for (const catalog::column& c : legacy.columns) {
    if (!columns.empty()) columns += ", ";
    columns += comparable(c);
  }
  return text_hash(fmt::format("ROW({})::text", columns), 0, form);
}

std::string key_bucket(const catalog::relation& legacy, std::uint32_t buckets, const hash_form& form) {
  std::string columns;
  for (const catalog::key_column& k : legacy.key) {
    if (!columns.empty()) columns += ", ";
    columns += canonical_text(legacy, k);
  }
  return fmt::format("({} & {})::int", text_hash(fmt::format("ROW({})::text", columns), 1, form),
                     buckets - 1);
}

std::string probe_sql(const hash_form& form) {
  return fmt::format(
      "SELECT pg_catalog.string_agg({}::text, ',' ORDER BY i) FROM (VALUES (1, ''::text), (2, 'a'),"
      " (3, '(1,\"\",,\"x y\")'), (4, pg_catalog.repeat('0123456789', 500))) probe(i, v)",
      text_hash("v", 0, form));
}

std::string shown_column(const catalog::column& column) {
  const std::string name = "t." + catalog::quote_identifier(column.name);
  return fmt::format(
      "(SELECT CASE WHEN pg_catalog.length(v) > {1} THEN pg_catalog.left(v, {1}) || '... (md5 ' ||"
      " pg_catalog.md5(v) || ')' ELSE v END FROM (SELECT CASE WHEN pg_catalog.num_nulls({0}) = 0"
      " THEN pg_catalog.format('%s', {0}) END) shown(v))",
      name, shown_length);
}

}  // namespace pgtandem::reconciler
