#include "protocol/change/record_codec.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>

#include "protocol/change/byte_codec.h"

namespace pgtandem::change {
namespace {

record full_record() {
  record r;
  r.partition = partition_t{3};
  r.xid = xid_t{std::numeric_limits<std::uint64_t>::max()};
  r.backend_pid = std::numeric_limits<std::uint32_t>::max();
  r.incarnation = "7300000000000000000/1/2024";
  r.lsn = lsn_t{0x16b374d848};
  r.correlation_id = "c-1";
  r.tables = {{"public", "accounts"}, {"Odd \"Schema\"", "t.t"}};
  r.changes = {{0, op::upsert, R"({"id":1})", R"({"id":1,"v":"x"})"},
               {1, op::remove, R"({"k":"ä"})", ""},
               {0, op::upsert, "", std::string("\0bytes", 6)}};
  r.marks = {{{"public", "accounts"}, mark_scope::table, {}, "COPY is not imaged"},
             {{"public", "elsewhere"}, mark_scope::keys, {R"({"id":1})", ""}, ""},
             {{"public", "elsewhere"}, mark_scope::keys, {}, "no keys"}};
  r.staging = staging_t{9};
  r.chunks = {{0, 70'000}, {2, 1}};
  return r;
}

// A record's bytes with a right checksum, so that the grammar behind it is what is tested.
std::string sealed(std::string body) {
  byte_writer tail;
  tail.u64_le(checksum(body));
  return body + std::move(tail).finish();
}

std::string body_of(const std::string& bytes) {
  return bytes.substr(0, bytes.size() - 8);
}

TEST(record_codec, a_record_survives) {
  EXPECT_EQ(decode_record(encode_record(full_record())), full_record());
  EXPECT_EQ(decode_record(encode_record(record{})), record{});
  record heal = full_record();
  heal.kind = record_kind::heal;
  EXPECT_EQ(decode_record(encode_record(heal)), heal);
}

// The example of docs/record-format.md, up to where versions differ.
record example() {
  record r;
  r.partition = partition_t{1};
  r.xid = xid_t{300};
  r.backend_pid = 7;
  r.lsn = lsn_t{2};
  r.incarnation = "i";
  r.tables = {{"s", "t"}};
  r.changes = {{0, op::upsert, "{}", "{1}"}, {0, op::remove, "k", ""}};
  r.marks = {{{"s", "u"}, mark_scope::keys, {"k"}, "r"}};
  return r;
}
const std::string example_body(
    "\x01\x01\xac\x02\x07\x02\x01i\x00\x01\x01\x01s\x01t\x01s\x01u"
    "\x02\x01\x00\x02{}\x03{1}\x02\x00\x01k\x01\x02\x01\x01r\x01\x01k",
    41);

TEST(record_codec, version_1_is_still_read) {
  EXPECT_EQ(decode_record(sealed("\x01" + example_body)), example());
}

TEST(record_codec, bytes_of_version_2_do_not_change) {
  EXPECT_EQ(encode_record(example()), sealed("\x02" + example_body + std::string("\0\0", 2)));
  record chunked = example();
  chunked.staging = staging_t{5};
  chunked.chunks = {{0, 300}, {3, 1}};
  EXPECT_EQ(encode_record(chunked),
            sealed("\x02" + example_body + std::string("\x05\x02\x00\xac\x02\x03\x01", 7)));
}

TEST(record_codec, a_truncate_has_neither_key_nor_image_and_no_place_in_version_1) {
  record r;
  r.tables = {{"s", "t"}};
  r.changes = {{0, op::truncate, "", ""}, {0, op::remove, "k", ""}};
  EXPECT_EQ(decode_record(encode_record(r)), r);
  const std::string head("\x01\x00\x00\x00\x00\x00\x00\x01\x00\x01s\x01t", 13);
  EXPECT_EQ(encode_record(r),
            sealed("\x02" + head + std::string("\x02\x03\x00\x02\x00\x01k\x00\x00\x00", 10)));
  EXPECT_FALSE(decode_record(sealed("\x01" + head + std::string("\x01\x03\x00\x00", 4))));
  EXPECT_EQ(decode_chunk(encode_chunk(r.changes), 2, 1), r.changes);
}

TEST(record_codec, a_chunk_survives_and_its_first_changes_can_be_had_alone) {
  const auto changes = full_record().changes;
  const auto bytes = encode_chunk(changes);
  EXPECT_EQ(decode_chunk(bytes, 3, 2), changes);
  EXPECT_EQ(decode_chunk(bytes, 1, 2), (std::vector{changes[0]}));
  EXPECT_FALSE(decode_chunk(bytes, 4, 2)) << "fewer changes than are said to count";
  EXPECT_FALSE(decode_chunk(bytes, 3, 1)) << "a table that the record does not have";
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    EXPECT_FALSE(decode_chunk(bytes.substr(0, i), 1, 2)) << i;
    auto flipped = bytes;
    flipped[i] ^= 0x40;
    EXPECT_FALSE(decode_chunk(flipped, 1, 2)) << i;
  }
  EXPECT_FALSE(decode_chunk(sealed(body_of(bytes) + '\0'), 1, 2));
}

TEST(record_codec, rejects_chunks_without_a_staging_and_a_staging_without_chunks) {
  EXPECT_FALSE(decode_record(sealed("\x02" + example_body + std::string("\0\x01\0\x01", 4))));
  EXPECT_FALSE(decode_record(sealed("\x02" + example_body + std::string("\x05\0", 2))));
}

TEST(record_codec, rejects_every_truncation_flip_and_trailing_byte) {
  const auto bytes = encode_record(full_record());
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    EXPECT_FALSE(decode_record(bytes.substr(0, i))) << i;
    auto flipped = bytes;
    flipped[i] ^= 0x40;
    EXPECT_FALSE(decode_record(flipped)) << i;
  }
  EXPECT_FALSE(decode_record(bytes + '\0'));
  EXPECT_FALSE(decode_record(sealed(body_of(bytes) + '\0')));
}

TEST(record_codec, rejects_unknown_versions_kinds_ops_scopes_and_tables) {
  record r;
  r.tables = {{"s", "t"}};
  r.changes = {{0, op::remove, "k", ""}};
  r.marks = {{{"s", "t"}, mark_scope::table, {}, ""}};
  const auto body = body_of(encode_record(r));
  ASSERT_TRUE(decode_record(sealed(body)));
  // version, kind, ... | op at 15, table at 16 | scope, table, reason of the mark, no staging, no chunks
  ASSERT_EQ(body[15], 2);
  for (const auto& [at, value] : std::vector<std::pair<std::size_t, char>>{{0, 3},
                                                                           {0, 0},
                                                                           {1, 0},
                                                                           {1, 3},
                                                                           {15, 0},
                                                                           {15, 3},
                                                                           {16, 1},
                                                                           {body.size() - 5, 3},
                                                                           {body.size() - 4, 1}}) {
    auto changed = body;
    changed[at] = value;
    EXPECT_FALSE(decode_record(sealed(changed))) << at;
  }
}

TEST(record_codec, survives_random_bytes_behind_a_right_checksum) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937_64 random{seed};
  const auto good = body_of(encode_record(full_record()));
  for (int i = 0; i < 20'000; ++i) {
    auto body = good;
    for (int n = 1 + static_cast<int>(random() % 4); n > 0; --n)
      body[1 + random() % (body.size() - 1)] = static_cast<char>(random());
    const auto bytes = sealed(body);
    const auto r = decode_record(bytes);
    if (r) {
      EXPECT_EQ(decode_record(encode_record(*r)), r);
    }
  }
}

TEST(record_codec, large_records) {
  record r;
  r.tables = {{"s", "t"}};
  r.changes = {{0, op::upsert, "k", std::string(120'000'000, 'x')}};
  for (int i = 0; i < 300'000; ++i) r.changes.push_back({0, op::upsert, std::to_string(i), "{}"});
  const auto bytes = encode_record(r);
  EXPECT_EQ(decode_record(bytes), r);
}

}  // namespace
}  // namespace pgtandem::change
