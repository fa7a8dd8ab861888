// RowDescription (B): names and types of the columns of a result.
// The views point into the bytes it was decoded from, or given to encode, and expire with them.
// Safe from any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// column_count() reads a RowDescription, too.
#include "protocol/wire/backend/data_row.h"

namespace pgtandem::wire {

struct field_description {
  std::string_view name;
  std::uint32_t table_oid = 0;   // 0 if not a column of a table
  std::int16_t column_attr = 0;  // its attribute number there
  std::uint32_t type_oid = 0;
  std::int16_t type_size = 0;  // negative: variable
  std::int32_t type_modifier = -1;
  std::int16_t format = 0;  // 0 text, 1 binary; 0 while not known (Describe of a statement)
  bool operator==(const field_description&) const = default;
};

struct row_description {
  std::vector<field_description> fields;
  bool operator==(const row_description&) const = default;
};

void encode(const row_description& m, std::string& out);
[[nodiscard]] std::optional<row_description> decode_row_description(std::string_view body);

// Appends the RowDescription without its last column; false, and nothing appended, if it is malformed or has
// none. With one column this leaves a description of zero columns: what to send instead (NoData, nothing) is
// the caller's. `out_message` must not hold `body`.
[[nodiscard]] bool row_description_drop_last(std::string_view body, std::string& out_message);

}  // namespace pgtandem::wire
