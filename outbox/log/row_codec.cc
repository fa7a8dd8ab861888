#include "outbox/log/row_codec.h"

#include "protocol/change/byte_codec.h"

namespace pgtandem::outbox {

namespace {
constexpr std::uint8_t mark_format_version = 1;
}

std::string encode_state(const state_row& row) {
  change::byte_writer out;
  out.u8(static_cast<std::uint8_t>(row.state));
  out.varint(row.bytes);
  out.string(row.incarnation);
  return std::move(out).finish();
}

std::optional<state_row> decode_state(std::string_view bytes) {
  change::byte_reader in{bytes};
  state_row row;
  row.state = static_cast<decision>(in.u8());
  if (row.state > decision::superseded) in.fail();
  row.bytes = in.varint();
  row.incarnation = in.string();
  if (!in.done()) return std::nullopt;
  return row;
}

std::string encode_mark(const open_mark& m) {
  change::byte_writer out;
  out.u8(mark_format_version);
  out.varint(m.partition.value);
  out.varint(m.writer ? m.writer->value : 0);
  out.varint(static_cast<std::uint64_t>(m.created_unix_ms));
  out.u8(static_cast<std::uint8_t>(m.mark.scope));
  out.string(m.mark.table.schema);
  out.string(m.mark.table.name);
  out.string(m.mark.reason);
  out.varint(m.mark.keys.size());
  for (const auto& k : m.mark.keys) out.string(k);
  return std::move(out).finish_with_checksum();
}

std::optional<open_mark> decode_mark(mark_id id, std::string_view bytes) {
  auto in = change::byte_reader::with_checksum(bytes);
  if (in.u8() != mark_format_version) return std::nullopt;
  open_mark m;
  m.id = id;
  m.partition = partition_t{in.varint32()};
  if (const auto writer = in.varint(); writer != 0) m.writer = seq_t{writer};
  m.created_unix_ms = static_cast<std::int64_t>(in.varint());
  m.mark.scope = static_cast<change::mark_scope>(in.u8());
  if (m.mark.scope != change::mark_scope::table && m.mark.scope != change::mark_scope::keys) in.fail();
  m.mark.table.schema = in.string();
  m.mark.table.name = in.string();
  m.mark.reason = in.string();
  const auto keys = in.count(1);
  for (std::uint64_t i = 0; i < keys && in.ok(); ++i) m.mark.keys.emplace_back(in.string());
  if (!in.done()) return std::nullopt;
  return m;
}

}  // namespace pgtandem::outbox
