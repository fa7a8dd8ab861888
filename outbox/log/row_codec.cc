#include "outbox/log/row_codec.h"

#include "protocol/change/byte_codec.h"

namespace pgtandem::outbox {

namespace {

constexpr std::uint8_t mark_format_version = 3;

enum class waits_for : std::uint8_t { nothing = 0, transactions = 1, backend = 2, transaction = 3 };

void write_writer(change::byte_writer& out, const std::optional<legacy_writer>& w) {
  if (!w) return out.u8(static_cast<std::uint8_t>(waits_for::nothing));
  if (w->xid != xid_t{}) {
    out.u8(static_cast<std::uint8_t>(waits_for::transaction));
    out.varint(w->backend_pid);
    out.varint(w->xid.value);
    out.string(w->gid);
    return out.u8(w->defines ? 1 : 0);
  }
  if (w->backend_pid == 0) return out.u8(static_cast<std::uint8_t>(waits_for::transactions));
  out.u8(static_cast<std::uint8_t>(waits_for::backend));
  out.varint(w->backend_pid);
}

std::optional<legacy_writer> read_writer(change::byte_reader& in, std::uint8_t version) {
  const auto what = static_cast<waits_for>(in.u8());
  if (what == waits_for::nothing) return std::nullopt;
  if (what == waits_for::transactions) return legacy_writer{};
  legacy_writer w{.backend_pid = in.varint32()};
  if (what == waits_for::transaction && version >= 3) {
    w.xid = xid_t{in.varint()};
    w.gid = in.string();
    const auto defines = in.u8();
    w.defines = defines == 1;
    if (w.xid == xid_t{} || defines > 1) in.fail();
  } else if (what != waits_for::backend || w.backend_pid == 0) {
    in.fail();
  }
  return w;
}

}  // namespace

std::string encode_state(const state_row& row) {
  change::byte_writer out;
  out.u8(static_cast<std::uint8_t>(row.state));
  out.varint(row.bytes);
  out.string(row.incarnation);
  if (row.staging != staging_t{}) out.varint(row.staging.value);
  return std::move(out).finish();
}

std::optional<state_row> decode_state(std::string_view bytes) {
  change::byte_reader in{bytes};
  state_row row;
  row.state = static_cast<decision>(in.u8());
  if (row.state > decision::superseded) in.fail();
  row.bytes = in.varint();
  row.incarnation = in.string();
  if (in.ok() && !in.done()) {
    row.staging = staging_t{in.varint()};
    if (row.staging == staging_t{}) in.fail();
  }
  if (!in.done()) return std::nullopt;
  return row;
}

std::string encode_mark(const open_mark& m) {
  change::byte_writer out;
  out.u8(mark_format_version);
  out.varint(m.partition.value);
  out.varint(m.writer ? m.writer->value : 0);
  write_writer(out, m.on_legacy);
  out.varint(static_cast<std::uint64_t>(m.created_unix_ms));
  out.u8(static_cast<std::uint8_t>(m.mark.scope));
  out.string(m.mark.table.schema);
  out.string(m.mark.table.name);
  out.string(m.mark.reason);
  out.varint(m.mark.keys.size());
  for (const auto& k : m.mark.keys) out.string(k);
  out.string(m.heal_note);
  return std::move(out).finish_with_checksum();
}

std::optional<open_mark> decode_mark(mark_id id, std::string_view bytes) {
  auto in = change::byte_reader::with_checksum(bytes);
  const auto version = in.u8();
  if (version == 0 || version > mark_format_version) return std::nullopt;
  open_mark m;
  m.id = id;
  m.partition = partition_t{in.varint32()};
  if (const auto writer = in.varint(); writer != 0) m.writer = seq_t{writer};
  if (version >= 2)
    m.on_legacy = read_writer(in, version);
  else if (!m.writer)
    m.on_legacy = legacy_writer{};  // nobody knows
  m.created_unix_ms = static_cast<std::int64_t>(in.varint());
  m.mark.scope = static_cast<change::mark_scope>(in.u8());
  if (m.mark.scope != change::mark_scope::table && m.mark.scope != change::mark_scope::keys) in.fail();
  m.mark.table.schema = in.string();
  m.mark.table.name = in.string();
  m.mark.reason = in.string();
  const auto keys = in.count(1);
  for (std::uint64_t i = 0; i < keys && in.ok(); ++i) m.mark.keys.emplace_back(in.string());
  if (version >= 3) m.heal_note = in.string();
  if (!in.done()) return std::nullopt;
  return m;
}

}  // namespace pgtandem::outbox
