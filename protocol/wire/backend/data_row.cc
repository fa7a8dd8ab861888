#include "protocol/wire/backend/data_row.h"

#include <utility>

#include "protocol/wire/body_reader.h"
#include "protocol/wire/message_writer.h"
#include "protocol/wire/types.h"

namespace pgtandem::wire {

namespace {

struct row_split {
  std::uint16_t columns;
  std::string_view before_last;  // the other columns' lengths and values
  dropped_column last;
};

std::optional<row_split> split_last(std::string_view body) {
  body_reader in(body);
  const std::uint16_t columns = in.count(4);
  if (columns == 0) return std::nullopt;
  for (std::uint16_t i = 1; i < columns && in.ok(); ++i) in.value();
  const std::size_t end = body.size() - in.remaining();
  const auto last = in.value();
  if (!in.finished()) return std::nullopt;
  return row_split{columns, body.substr(2, end - 2), {!last, last.value_or(std::string_view())}};
}

}  // namespace

void encode(const data_row& m, std::string& out) {
  message_writer w(backend_type::data_row, out);
  w.count(m.columns.size());
  for (const auto& column : m.columns) w.value(column);
  w.finish();
}

std::optional<data_row> decode_data_row(std::string_view body) {
  body_reader in(body);
  data_row m;
  const std::uint16_t count = in.count(4);
  m.columns.reserve(count);
  for (std::uint16_t i = 0; i < count; ++i) m.columns.push_back(in.value());
  return decoded(in, std::move(m));
}

std::optional<std::uint16_t> column_count(std::string_view body) {
  body_reader in(body);
  const std::uint16_t count = in.u16();
  return in.ok() ? std::optional(count) : std::nullopt;
}

std::optional<dropped_column> data_row_last(std::string_view body) {
  const auto split = split_last(body);
  if (!split) return std::nullopt;
  return split->last;
}

std::optional<dropped_column> data_row_drop_last(std::string_view body, std::string& out_message) {
  const auto split = split_last(body);
  if (!split) return std::nullopt;
  message_writer w(backend_type::data_row, out_message);
  w.count(split->columns - 1u);
  w.bytes(split->before_last);
  w.finish();
  return split->last;
}

}  // namespace pgtandem::wire
