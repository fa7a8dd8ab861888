// Shared by the tests of images: rows go from one table into another by way of the capture expression, a
// record's image and the recordset that the applier reads.
#pragma once

#include <gtest/gtest.h>

#include <fmt/format.h>

#include <optional>
#include <string>
#include <vector>

#include "protocol/catalog/image_sql.h"
#include "protocol/catalog/load.h"
#include "protocol/change/image.h"
#include "protocol/client/connection.h"
#include "tests/support/pg_cluster.h"

namespace pgtandem::catalog {

inline relation load_one(client::connection& c, const std::string& schema, const std::string& name) {
  table_filter filter{{quote_identifier(schema) + "." + quote_identifier(name)}, {}};
  auto found = load_relations(c, filter);
  if (found.size() != 1) throw std::runtime_error("no such table: " + name);
  return std::move(found.front());
}

// As the proxy does with what a session returned; nullopt where the expression yields NULL.
inline std::optional<std::string> to_image(const client::result& rows, int row, const relation& r) {
  if (rows.is_null(row, 0)) return std::nullopt;
  std::string text(rows.at(row, 0));
  if (text.starts_with('B')) text = change::decode_base64(std::string_view(text).substr(1)).value();
  const auto captured = change::split_captured(text);
  if (!captured) throw std::runtime_error("not a captured row: " + text.substr(0, 200));
  EXPECT_EQ(captured->tableoid, r.oid);
  const auto image = change::make_image(*captured, r);
  if (!image) throw std::runtime_error("no image of " + text.substr(0, 500));
  return image;
}

inline std::vector<std::optional<std::string>> capture(client::connection& c, const relation& r,
                                                       image_form form, const std::string& order) {
  const auto rows =
      c.query_simple(fmt::format("SELECT {} FROM {} AS \"the row\" ORDER BY {}",
                                 image_expression(r, "\"the row\"", form), qualified_name(r.name), order));
  std::vector<std::optional<std::string>> images;
  for (int i = 0; i < rows.rows(); ++i) images.push_back(to_image(rows, i, r));
  return images;
}

// Under pinned settings.
inline void insert_images(client::connection& c, const relation& r, const std::vector<std::string>& images) {
  std::string columns;
  std::string values;
  for (const auto& column : r.columns) {
    if (column.generated) continue;
    columns += (columns.empty() ? "" : ", ") + quote_identifier(column.name);
    values += (values.empty() ? "" : ", ") + column_value(column, "r");
  }
  c.query(
      fmt::format(
          "INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE SELECT {} FROM json_to_recordset($1::json) AS r({})",
          qualified_name(r.name), columns, values, recordset_columns(r, false)),
      {fmt::format("[{}]", fmt::join(images, ","))});
}

// The session of a client that has changed every setting it can find.
inline constexpr std::string_view hostile_settings =
    "SET extra_float_digits = -15; SET DateStyle = 'SQL, DMY'; SET IntervalStyle = 'sql_standard'; "
    "SET TimeZone = 'Asia/Kolkata'; SET bytea_output = 'escape'; SET xmloption = 'document'; "
    "SET search_path = nowhere; SET quote_all_identifiers = on; SET transform_null_equals = on; "
    "SET array_nulls = off; SET standard_conforming_strings = off; SET escape_string_warning = off; "
    "SET lc_monetary = 'C.utf8'; SET xmlbinary = 'hex'";

}  // namespace pgtandem::catalog
