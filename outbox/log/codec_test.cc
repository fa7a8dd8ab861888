#include <gtest/gtest.h>

#include <limits>

#include "outbox/log/key_codec.h"
#include "outbox/log/row_codec.h"
#include "protocol/change/byte_codec.h"

namespace pgtandem::outbox {
namespace {

TEST(key_codec, byte_order_is_number_order) {
  const partition_t one{1};
  EXPECT_EQ(record_key(partition_t{0x01020304}, seq_t{0x05060708090a0b0c}),
            "\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c");
  EXPECT_LT(record_key(one, seq_t{255}), record_key(one, seq_t{256}));
  EXPECT_LT(record_key(one, seq_t{std::numeric_limits<std::uint64_t>::max()}),
            record_key(partition_t{2}, seq_t{0}));
  EXPECT_LT(be64(0x7f), be64(0x80));
}

TEST(key_codec, keys_survive) {
  const auto at = parse_record_key(record_key(partition_t{7}, seq_t{1ULL << 40}));
  ASSERT_TRUE(at);
  EXPECT_EQ(at->first, partition_t{7});
  EXPECT_EQ(at->second, seq_t{1ULL << 40});
  EXPECT_FALSE(parse_record_key("short"));
  EXPECT_EQ(parse_be64(be64(42)), 42U);
  EXPECT_FALSE(parse_be64("1234567"));
  const auto key = partition_meta_key(meta_key::low, partition_t{9});
  EXPECT_EQ(parse_partition_meta_key(meta_key::low, key), partition_t{9});
  EXPECT_FALSE(parse_partition_meta_key(meta_key::proven, key));
  EXPECT_FALSE(parse_partition_meta_key(meta_key::low, key + "x"));
}

TEST(row_codec, state_rows_survive_and_reject_the_rest) {
  const auto bytes = encode_state({decision::superseded, 1ULL << 33, "life"});
  const auto row = decode_state(bytes);
  ASSERT_TRUE(row);
  EXPECT_EQ(row->state, decision::superseded);
  EXPECT_EQ(row->bytes, 1ULL << 33);
  EXPECT_EQ(row->incarnation, "life");
  for (std::size_t i = 0; i < bytes.size(); ++i) EXPECT_FALSE(decode_state(bytes.substr(0, i))) << i;
  EXPECT_EQ(decode_state(bytes + "x")->staging, staging_t{'x'});
  EXPECT_EQ(encode_state(*decode_state(bytes + "x")), bytes + "x");
  EXPECT_FALSE(decode_state(bytes + "xx"));
  EXPECT_FALSE(decode_state(bytes + '\0')) << "none is not written";
  EXPECT_FALSE(decode_state("\x04" + bytes.substr(1)));
}

TEST(row_codec, marks_survive_and_reject_the_rest) {
  open_mark m;
  m.id = mark_id{5};
  m.partition = partition_t{2};
  m.mark = {{"s", "t"}, change::mark_scope::keys, {"a", ""}, "why"};
  m.created_unix_ms = 1'700'000'000'123;
  using by_record = std::optional<seq_t>;
  using by_backend = std::optional<legacy_writer>;
  for (const auto& [record, on_legacy] : std::vector<std::pair<by_record, by_backend>>{
           {{}, {}},
           {seq_t{77}, {}},
           {{}, legacy_writer{}},
           {{}, legacy_writer{4711}},
           {{}, legacy_writer{4711, xid_t{1ULL << 40}, "gid", true}},
           {{}, legacy_writer{0, xid_t{7}, "", false}}}) {
    m.writer = record;
    m.on_legacy = on_legacy;
    m.heal_note = record ? "half of it" : "";
    const auto bytes = encode_mark(m);
    const auto got = decode_mark(m.id, bytes);
    ASSERT_TRUE(got);
    EXPECT_EQ(got->id, m.id);
    EXPECT_EQ(got->partition, m.partition);
    EXPECT_EQ(got->mark, m.mark);
    EXPECT_EQ(got->writer, m.writer);
    EXPECT_EQ(got->on_legacy, m.on_legacy);
    EXPECT_EQ(got->heal_note, m.heal_note);
    EXPECT_EQ(got->created_unix_ms, m.created_unix_ms);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      EXPECT_FALSE(decode_mark(m.id, bytes.substr(0, i))) << i;
      auto flipped = bytes;
      flipped[i] ^= 0x20;
      EXPECT_FALSE(decode_mark(m.id, flipped)) << i;
    }
  }
}

TEST(row_codec, a_mark_of_version_two_names_no_transaction) {
  for (const std::uint8_t waits_for : {0, 1, 2, 3}) {
    change::byte_writer out;
    for (const std::uint8_t byte : {2, 2, 0}) out.u8(byte);
    out.u8(waits_for);
    if (waits_for >= 2) out.varint(4711);
    if (waits_for == 3) out.varint(7), out.string("gid");
    out.varint(1'700'000'000'123);
    out.u8(1);
    for (const char* text : {"s", "t", "why"}) out.string(text);
    out.varint(0);
    const auto got = decode_mark(mark_id{5}, std::move(out).finish_with_checksum());
    ASSERT_EQ(got.has_value(), waits_for != 3);
    if (!got) continue;
    EXPECT_EQ(got->on_legacy.value_or(legacy_writer{}).backend_pid, waits_for == 2 ? 4711U : 0U);
  }
}

// Of version 1 nobody knows who may still write under it; version 2 knows that, and no notes.
std::string mark_of_version(std::uint8_t version, std::uint64_t record) {
  change::byte_writer out;
  out.u8(version);
  out.varint(2);
  out.varint(record);
  if (version == 2) out.u8(0);
  out.varint(1'700'000'000'123);
  out.u8(1);
  for (const char* text : {"s", "t", "why"}) out.string(text);
  out.varint(0);
  return std::move(out).finish_with_checksum();
}

TEST(row_codec, marks_of_earlier_versions_are_read) {
  for (const std::uint64_t record : {0, 77}) {
    for (const std::uint8_t version : {1, 2}) {
      const auto got = decode_mark(mark_id{5}, mark_of_version(version, record));
      ASSERT_TRUE(got);
      const bool waits = version == 1 && record == 0;
      EXPECT_EQ(got->on_legacy, waits ? std::optional(legacy_writer{}) : std::nullopt);
      EXPECT_EQ(got->mark, (change::mark{{"s", "t"}, change::mark_scope::table, {}, "why"}));
      EXPECT_EQ(got->heal_note, "");
    }
  }
}

}  // namespace
}  // namespace pgtandem::outbox
