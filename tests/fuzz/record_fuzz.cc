// What lies on disk: records, and the rows of the log's families `state` and `marks`. Any bytes behind a
// right checksum are decoded or refused; what is decoded says the same when it is written and read again;
// what is built from the input is read back as it was, and not at all when it is damaged.
#include <algorithm>

#include "outbox/log/row_codec.h"
#include "protocol/change/byte_codec.h"
#include "protocol/change/record_codec.h"
#include "tests/fuzz/fuzz.h"

namespace pgtandem::fuzz {
namespace {

std::string with_checksum(std::string_view body) {
  std::string bytes(body);
  change::byte_writer sum;
  sum.u64_le(change::checksum(body));
  return bytes + std::move(sum).finish();
}

void decode_any(std::string_view body) {
  (void)change::decode_record(body);
  (void)change::decode_chunk(body, 1, 2);
  (void)change::decode_chunk(with_checksum(body), 1, 2);
  const auto r = change::decode_record(with_checksum(body));
  if (!r) return;
  const auto again = change::decode_record(change::encode_record(*r));
  require(again.has_value() && *again == *r, "a decoded record says the same again");
}

change::table_name name_from(input& in) {
  return {std::string(in.text()), std::string(in.text())};
}

change::record build(input& in) {
  change::record r;
  r.kind = in.below(2) == 0 ? change::record_kind::transaction : change::record_kind::heal;
  r.partition = partition_t{static_cast<std::uint32_t>(in.number())};
  r.xid = xid_t{in.number()};
  r.backend_pid = static_cast<std::uint32_t>(in.number());
  r.lsn = lsn_t{in.number()};
  r.incarnation = in.text();
  r.correlation_id = in.text();
  for (std::size_t n = in.below(4); n > 0; --n) r.tables.push_back(name_from(in));
  for (std::size_t n = r.tables.empty() ? 0 : in.below(6); n > 0; --n) {
    change::row_change c;
    c.table = static_cast<std::uint32_t>(in.below(r.tables.size()));
    constexpr change::op ops[] = {change::op::upsert, change::op::remove, change::op::truncate};
    c.op = ops[in.below(3)];
    if (c.op != change::op::truncate) c.key = in.text();
    if (c.op == change::op::upsert) c.image = in.text();
    r.changes.push_back(std::move(c));
  }
  for (std::size_t n = in.below(4); n > 0; --n) {
    change::mark m;
    m.table = r.tables.empty() || in.below(2) == 0 ? name_from(in) : r.tables[in.below(r.tables.size())];
    m.scope = in.below(2) == 0 ? change::mark_scope::table : change::mark_scope::keys;
    m.reason = in.text();
    for (std::size_t k = m.scope == change::mark_scope::keys ? in.below(4) : 0; k > 0; --k)
      m.keys.emplace_back(in.text());
    r.marks.push_back(std::move(m));
  }
  for (std::size_t n = in.below(3); n > 0; --n)
    r.chunks.push_back({static_cast<std::uint32_t>(in.number()), in.number()});
  if (!r.chunks.empty()) r.staging = staging_t{std::max<std::uint64_t>(in.number(), 1)};
  return r;
}

void round_trip(input& in) {
  const std::size_t at = in.number();
  const auto bit = static_cast<char>(1 << in.below(8));
  const change::record r = build(in);
  std::string bytes = change::encode_record(r);
  const auto back = change::decode_record(bytes);
  require(back.has_value() && *back == r, "a record is read as it was written");
  require(!change::decode_record(std::string_view(bytes).substr(0, at % bytes.size())),
          "a torn record is refused");
  bytes[at % bytes.size()] = static_cast<char>(bytes[at % bytes.size()] ^ bit);
  require(!change::decode_record(bytes), "a damaged record is refused");
  const auto chunk = change::decode_chunk(change::encode_chunk(r.changes), r.changes.size(), r.tables.size());
  require(chunk.has_value() && *chunk == r.changes, "a chunk is read as it was written");
}

void state_and_mark_rows(std::string_view body) {
  if (const auto row = outbox::decode_state(body))
    require(outbox::encode_state(*row) == body, "a state row has one spelling");
  (void)outbox::decode_mark(outbox::mark_id{1}, body);
  const auto m = outbox::decode_mark(outbox::mark_id{1}, with_checksum(body));
  if (m && body.starts_with('\3'))  // earlier versions are read, not written
    require(outbox::encode_mark(*m) == with_checksum(body), "a mark row has one spelling");
}

}  // namespace
}  // namespace pgtandem::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace pgtandem::fuzz;
  input in(data, size);
  switch (in.below(3)) {
    case 0:
      decode_any(in.rest());
      break;
    case 1:
      round_trip(in);
      break;
    default:
      state_and_mark_rows(in.rest());
      break;
  }
  return 0;
}
