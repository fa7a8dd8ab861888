#include "protocol/change/record_codec.h"

#include <algorithm>
#include <map>
#include <span>

#include "protocol/change/byte_codec.h"

namespace pgtandem::change {

namespace {

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

std::size_t size_hint(const record& r) {
  std::size_t bytes = 128 + r.incarnation.size() + r.correlation_id.size();
  for (const auto& t : r.tables) bytes += t.schema.size() + t.name.size() + 4;
  for (const auto& c : r.changes) bytes += c.key.size() + c.image.size() + 16;
  for (const auto& m : r.marks) {
    bytes += m.table.schema.size() + m.table.name.size() + m.reason.size() + 16;
    for (const auto& k : m.keys) bytes += k.size() + 5;
  }
  return bytes;
}

void read_changes(byte_reader& in, record& r) {
  const auto n = in.count(3);
  for (std::uint64_t i = 0; i < n && in.ok(); ++i) {
    row_change c;
    c.op = static_cast<op>(in.u8());
    c.table = in.varint32();
    c.key = in.string();
    if (c.op == op::upsert)
      c.image = in.string();
    else if (c.op != op::remove)
      in.fail();
    if (c.table >= r.tables.size()) in.fail();
    r.changes.push_back(std::move(c));
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
  out.varint(r.changes.size());
  for (const auto& c : r.changes) {
    out.u8(static_cast<std::uint8_t>(c.op));
    out.varint(c.table);
    out.string(c.key);
    if (c.op == op::upsert) out.string(c.image);
  }
  out.varint(r.marks.size());
  for (const auto& m : r.marks) {
    out.u8(static_cast<std::uint8_t>(m.scope));
    out.varint(names.index_of(m.table));
    out.string(m.reason);
    if (m.scope != mark_scope::keys) continue;
    out.varint(m.keys.size());
    for (const auto& k : m.keys) out.string(k);
  }
  return std::move(out).finish_with_checksum();
}

std::optional<record> decode_record(std::string_view bytes) {
  // The version first: what follows it, the checksum too, is a later version's own business.
  if (bytes.empty() || static_cast<std::uint8_t>(bytes.front()) != record_format_version) return std::nullopt;
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
  read_changes(in, r);
  read_marks(in, r, extra);
  if (!in.done()) return std::nullopt;
  return r;
}

}  // namespace pgtandem::change
