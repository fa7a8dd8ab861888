#include "protocol/change/record_codec.h"

#include <algorithm>
#include <map>
#include <span>

#include "protocol/change/byte_codec.h"

namespace pgtandem::change {

namespace {

constexpr std::uint8_t version_1 = 1;  // has neither chunks nor op::truncate

// Tables of the record first, then those that only marks name: every name is written once.
class name_table {
 public:
  explicit name_table(const record& r) : own_(r.tables) {
    for (std::size_t i = 0; i < own_.size(); ++i) index_.try_emplace(&own_[i], i);
    for (const auto& m : r.marks)
      if (index_.try_emplace(&m.table, own_.size() + extra_.size()).second) extra_.push_back(&m.table);
  }

  [[nodiscard]] std::uint64_t index_of(const table_name& t) const { return index_.at(&t); }

  void write(byte_writer& out) const {
    out.varint(own_.size());
    out.varint(extra_.size());
    for (const auto& t : own_) write_name(out, t);
    for (const auto* t : extra_) write_name(out, *t);
  }

 private:
  struct by_name {
    bool operator()(const table_name* a, const table_name* b) const { return *a < *b; }
  };
  static void write_name(byte_writer& out, const table_name& t) {
    out.string(t.schema);
    out.string(t.name);
  }

  std::span<const table_name> own_;
  std::vector<const table_name*> extra_;
  std::map<const table_name*, std::uint64_t, by_name> index_;
};

std::size_t size_hint(std::span<const row_change> changes) {
  std::size_t bytes = 16;
  for (const auto& c : changes) bytes += c.key.size() + c.image.size() + 16;
  return bytes;
}

std::size_t size_hint(const record& r) {
  std::size_t bytes = 128 + r.incarnation.size() + r.correlation_id.size() + r.chunks.size() * 16;
  for (const auto& t : r.tables) bytes += t.schema.size() + t.name.size() + 4;
  bytes += size_hint(r.changes);
  for (const auto& m : r.marks) {
    bytes += m.table.schema.size() + m.table.name.size() + m.reason.size() + 16;
    for (const auto& k : m.keys) bytes += k.size() + 5;
  }
  return bytes;
}

void write_changes(byte_writer& out, std::span<const row_change> changes) {
  out.varint(changes.size());
  for (const auto& c : changes) {
    out.u8(static_cast<std::uint8_t>(c.op));
    out.varint(c.table);
    if (c.op != op::truncate) out.string(c.key);
    if (c.op == op::upsert) out.string(c.image);
  }
}

bool is_known(op o, std::uint8_t version) {
  return o == op::upsert || o == op::remove || (o == op::truncate && version != version_1);
}

std::vector<row_change> read_changes(byte_reader& in, std::size_t tables, std::uint8_t version) {
  std::vector<row_change> changes;
  const auto n = in.count(2);
  for (std::uint64_t i = 0; i < n && in.ok(); ++i) {
    row_change c;
    c.op = static_cast<op>(in.u8());
    c.table = in.varint32();
    if (c.op != op::truncate) c.key = in.string();
    if (c.op == op::upsert) c.image = in.string();
    if (!is_known(c.op, version) || c.table >= tables) in.fail();
    changes.push_back(std::move(c));
  }
  return changes;
}

void read_chunks(byte_reader& in, record& r) {
  r.staging = staging_t{in.varint()};
  const auto n = in.count(2);
  if ((r.staging == staging_t{}) != (n == 0)) in.fail();
  for (std::uint64_t i = 0; i < n && in.ok(); ++i) {
    chunk_ref c;
    c.number = in.varint32();
    c.changes = in.varint();
    r.chunks.push_back(c);
  }
}

void read_marks(byte_reader& in, record& r, std::span<const table_name> extra) {
  const auto n = in.count(3);
  for (std::uint64_t i = 0; i < n && in.ok(); ++i) {
    mark m;
    m.scope = static_cast<mark_scope>(in.u8());
    const auto table = in.varint();
    if (table < r.tables.size())
      m.table = r.tables[table];
    else if (table - r.tables.size() < extra.size())
      m.table = extra[table - r.tables.size()];
    else
      in.fail();
    m.reason = in.string();
    if (m.scope == mark_scope::keys) {
      const auto keys = in.count(1);
      for (std::uint64_t k = 0; k < keys && in.ok(); ++k) m.keys.emplace_back(in.string());
    } else if (m.scope != mark_scope::table) {
      in.fail();
    }
    r.marks.push_back(std::move(m));
  }
}

table_name read_name(byte_reader& in) {
  table_name t;
  t.schema = in.string();
  t.name = in.string();
  return t;
}

}  // namespace

std::string encode_record(const record& r) {
  byte_writer out;
  out.reserve(size_hint(r));
  out.u8(record_format_version);
  out.u8(static_cast<std::uint8_t>(r.kind));
  out.varint(r.partition.value);
  out.varint(r.xid.value);
  out.varint(r.backend_pid);
  out.varint(r.lsn.value);
  out.string(r.incarnation);
  out.string(r.correlation_id);
  const name_table names{r};
  names.write(out);
  write_changes(out, r.changes);
  out.varint(r.marks.size());
  for (const auto& m : r.marks) {
    out.u8(static_cast<std::uint8_t>(m.scope));
    out.varint(names.index_of(m.table));
    out.string(m.reason);
    if (m.scope != mark_scope::keys) continue;
    out.varint(m.keys.size());
    for (const auto& k : m.keys) out.string(k);
  }
  out.varint(r.chunks.empty() ? 0 : r.staging.value);
  out.varint(r.chunks.size());
  for (const auto& c : r.chunks) {
    out.varint(c.number);
    out.varint(c.changes);
  }
  return std::move(out).finish_with_checksum();
}

std::optional<record> decode_record(std::string_view bytes) {
  // The version first: what follows it, the checksum too, is a later version's own business.
  const auto version = bytes.empty() ? 0 : static_cast<std::uint8_t>(bytes.front());
  if (version != record_format_version && version != version_1) return std::nullopt;
  auto in = byte_reader::with_checksum(bytes);
  in.u8();
  record r;
  r.kind = static_cast<record_kind>(in.u8());
  if (r.kind != record_kind::transaction && r.kind != record_kind::heal) in.fail();
  r.partition = partition_t{in.varint32()};
  r.xid = xid_t{in.varint()};
  r.backend_pid = in.varint32();
  r.lsn = lsn_t{in.varint()};
  r.incarnation = in.string();
  r.correlation_id = in.string();
  const auto own = in.count(2);
  const auto extras = in.count(2);
  for (std::uint64_t i = 0; i < own && in.ok(); ++i) r.tables.push_back(read_name(in));
  std::vector<table_name> extra;
  for (std::uint64_t i = 0; i < extras && in.ok(); ++i) extra.push_back(read_name(in));
  r.changes = read_changes(in, r.tables.size(), version);
  read_marks(in, r, extra);
  if (version != version_1) read_chunks(in, r);
  if (!in.done()) return std::nullopt;
  return r;
}

std::string encode_chunk(std::span<const row_change> changes) {
  byte_writer out;
  out.reserve(size_hint(changes));
  out.u8(record_format_version);
  write_changes(out, changes);
  return std::move(out).finish_with_checksum();
}

std::optional<std::vector<row_change>> decode_chunk(std::string_view bytes, std::uint64_t count,
                                                    std::size_t tables) {
  auto in = byte_reader::with_checksum(bytes);
  if (in.u8() != record_format_version) return std::nullopt;
  auto changes = read_changes(in, tables, record_format_version);
  if (!in.done() || changes.size() < count) return std::nullopt;
  changes.resize(count);
  return changes;
}

}  // namespace pgtandem::change
