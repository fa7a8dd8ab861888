// The byte primitives of everything that pgtandem stores: fixed bytes, varints, strings, checksum.
// Grammar: docs/record-format.md. Pure; a writer or reader belongs to one thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace pgtandem::change {

// XXH64 with seed 0.
[[nodiscard]] std::uint64_t checksum(std::string_view bytes);

// Appends to a string that it owns.
class byte_writer {
 public:
  void reserve(std::size_t bytes) { out_.reserve(bytes); }
  void u8(std::uint8_t v) { out_.push_back(static_cast<char>(v)); }
  void u64_le(std::uint64_t v);
  void varint(std::uint64_t v);
  void string(std::string_view s);
  // Closes with the checksum of everything before it.
  [[nodiscard]] std::string finish_with_checksum() &&;
  [[nodiscard]] std::string finish() && { return std::move(out_); }

 private:
  std::string out_;
};

// Reads from bytes that outlive it. The first violation makes it fail for good: what is read after that is
// zero or empty, so a caller may read a whole structure and look at ok() once.
class byte_reader {
 public:
  explicit byte_reader(std::string_view bytes) : rest_(bytes) {}
  // Checks and takes off the closing checksum.
  [[nodiscard]] static byte_reader with_checksum(std::string_view bytes);

  std::uint8_t u8();
  std::uint64_t u64_le();
  std::uint64_t varint();
  // A varint that must fit 32 bits.
  std::uint32_t varint32();
  // A count of elements of at least `min_bytes` each: never more than the rest can hold.
  std::uint64_t count(std::size_t min_bytes);
  std::string_view string();

  void fail() {
    ok_ = false;
    rest_ = {};
  }
  [[nodiscard]] bool ok() const { return ok_; }
  // ok, and nothing is left.
  [[nodiscard]] bool done() const { return ok_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace pgtandem::change
