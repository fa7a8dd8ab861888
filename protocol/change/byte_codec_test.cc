#include "protocol/change/byte_codec.h"

#include <gtest/gtest.h>

#include <limits>

namespace pgtandem::change {
namespace {

std::string varint_bytes(std::uint64_t v) {
  byte_writer out;
  out.varint(v);
  return std::move(out).finish();
}

TEST(byte_codec, varints_survive_at_every_length) {
  for (int bit = 0; bit < 64; ++bit) {
    for (const std::uint64_t v : {std::uint64_t{1} << bit, (std::uint64_t{1} << bit) - 1}) {
      const auto bytes = varint_bytes(v);
      byte_reader in{bytes};
      EXPECT_EQ(in.varint(), v);
      EXPECT_TRUE(in.done());
    }
  }
  EXPECT_EQ(varint_bytes(std::numeric_limits<std::uint64_t>::max()).size(), 10U);
}

TEST(byte_codec, rejects_varints_that_overflow_or_are_padded_or_cut) {
  for (const std::string_view bytes :
       {std::string_view{"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"}, std::string_view{"\x81\x00", 2},
        std::string_view{"\x80"}, std::string_view{}}) {
    byte_reader in{bytes};
    in.varint();
    EXPECT_FALSE(in.ok());
  }
}

TEST(byte_codec, rejects_lengths_and_counts_beyond_the_input) {
  byte_reader string{
      "\x05"
      "abcd"};
  EXPECT_EQ(string.string(), "");
  EXPECT_FALSE(string.ok());
  const auto huge = varint_bytes(std::numeric_limits<std::uint64_t>::max());
  byte_reader count{huge};
  EXPECT_EQ(count.count(1), 0U);
  EXPECT_FALSE(count.ok());
  const auto wide = varint_bytes(std::uint64_t{1} << 32);
  byte_reader narrow{wide};
  EXPECT_EQ(narrow.varint32(), 0U);
  EXPECT_FALSE(narrow.ok());
}

TEST(byte_codec, checksum_covers_every_byte) {
  byte_writer out;
  out.string("some bytes");
  const auto bytes = std::move(out).finish_with_checksum();
  auto in = byte_reader::with_checksum(bytes);
  EXPECT_EQ(in.string(), "some bytes");
  EXPECT_TRUE(in.done());
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    auto damaged = bytes;
    damaged[i] ^= 1;
    EXPECT_FALSE(byte_reader::with_checksum(damaged).ok()) << i;
    EXPECT_FALSE(byte_reader::with_checksum(bytes.substr(0, i)).ok()) << i;
  }
}

}  // namespace
}  // namespace pgtandem::change
