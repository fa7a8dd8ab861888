// DataRow (B): one row of a result, and the two ways to handle a column that the proxy had added at its end.
// The views point into the bytes it was decoded from, or given to encode, and expire with them.
// Safe from any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pgtandem::wire {

struct data_row {
  std::vector<std::optional<std::string_view>> columns;  // nullopt is NULL
  bool operator==(const data_row&) const = default;
};

void encode(const data_row& m, std::string& out);
[[nodiscard]] std::optional<data_row> decode_data_row(std::string_view body);

// Number of columns of a DataRow or RowDescription, nothing else checked.
[[nodiscard]] std::optional<std::uint16_t> column_count(std::string_view body);

struct dropped_column {
  bool is_null = true;
  std::string_view value;  // into the body
  bool operator==(const dropped_column&) const = default;
};

// Both read the row in one pass, allocate nothing and check as much as decode_data_row does; nullopt, and
// nothing appended, if it is malformed or has no column.
[[nodiscard]] std::optional<dropped_column> data_row_last(std::string_view body);
// Appends the DataRow without its last column. `out_message` must not hold `body`.
[[nodiscard]] std::optional<dropped_column> data_row_drop_last(std::string_view body,
                                                               std::string& out_message);

}  // namespace pgtandem::wire
