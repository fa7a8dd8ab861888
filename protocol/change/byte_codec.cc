#include "protocol/change/byte_codec.h"

#include <limits>

// Inlined: libpg_query exports symbols of the same names.
#define XXH_INLINE_ALL
#include <xxhash.h>

namespace pgtandem::change {

namespace {
constexpr std::size_t checksum_bytes = 8;
}

std::uint64_t checksum(std::string_view bytes) {
  return XXH64(bytes.data(), bytes.size(), 0);
}

void byte_writer::u64_le(std::uint64_t v) {
  for (int shift = 0; shift < 64; shift += 8) out_.push_back(static_cast<char>(v >> shift));
}

void byte_writer::varint(std::uint64_t v) {
  while (v >= 0x80) {
    out_.push_back(static_cast<char>(v | 0x80));
    v >>= 7;
  }
  out_.push_back(static_cast<char>(v));
}

void byte_writer::string(std::string_view s) {
  varint(s.size());
  out_.append(s);
}

std::string byte_writer::finish_with_checksum() && {
  u64_le(checksum(out_));
  return std::move(out_);
}

byte_reader byte_reader::with_checksum(std::string_view bytes) {
  byte_reader failed{{}};
  failed.fail();
  if (bytes.size() < checksum_bytes) return failed;
  const auto body = bytes.substr(0, bytes.size() - checksum_bytes);
  byte_reader tail{bytes.substr(body.size())};
  return tail.u64_le() == checksum(body) ? byte_reader{body} : failed;
}

std::uint8_t byte_reader::u8() {
  if (rest_.empty()) {
    fail();
    return 0;
  }
  const auto v = static_cast<std::uint8_t>(rest_.front());
  rest_.remove_prefix(1);
  return v;
}

std::uint64_t byte_reader::u64_le() {
  if (rest_.size() < 8) {
    fail();
    return 0;
  }
  std::uint64_t v = 0;
  for (int i = 7; i >= 0; --i) v = v << 8 | static_cast<std::uint8_t>(rest_[i]);
  rest_.remove_prefix(8);
  return v;
}

std::uint64_t byte_reader::varint() {
  std::uint64_t v = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    const std::uint8_t b = u8();
    if (!ok_) return 0;
    // The tenth byte carries bit 63 alone; a last byte of zero would be a second spelling of the number.
    if ((shift == 63 && b > 1) || (shift > 0 && b == 0)) break;
    v |= static_cast<std::uint64_t>(b & 0x7f) << shift;
    if (b < 0x80) return v;
  }
  fail();
  return 0;
}

std::uint32_t byte_reader::varint32() {
  const std::uint64_t v = varint();
  if (v > std::numeric_limits<std::uint32_t>::max()) fail();
  return ok_ ? static_cast<std::uint32_t>(v) : 0;
}

std::uint64_t byte_reader::count(std::size_t min_bytes) {
  const std::uint64_t n = varint();
  if (n > rest_.size() / min_bytes) fail();
  return ok_ ? n : 0;
}

std::string_view byte_reader::string() {
  const std::uint64_t n = varint();
  if (n > rest_.size()) {
    fail();
    return {};
  }
  const auto s = rest_.substr(0, n);
  rest_.remove_prefix(n);
  return s;
}

}  // namespace pgtandem::change
