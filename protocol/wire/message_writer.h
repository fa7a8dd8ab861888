// Appends one message to a buffer of the caller, for the encoders.
// What cannot be said on the wire throws (std::length_error beyond a count or length, std::invalid_argument
// for a NUL inside a C string) and leaves the buffer as it was: a wrapped length or a smuggled NUL would put
// the peer out of step, and what follows would be read as messages that nobody sent. Not thread-safe, lives
// on the stack of one encoder; nothing else may touch the buffer meanwhile.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/wire/byte_order.h"

namespace pgtandem::wire {

class message_writer {
 public:
  message_writer(char type, std::string& out) : out_(out), start_(out.size()), length_at_(out.size() + 1) {
    const char header[5] = {type};
    out_.append(header, sizeof header);
  }
  // One of the untyped packets that open a connection.
  explicit message_writer(std::string& out) : out_(out), start_(out.size()), length_at_(out.size()) {
    out_.append(4, '\0');
  }
  message_writer(const message_writer&) = delete;
  message_writer& operator=(const message_writer&) = delete;
  ~message_writer() {
    if (!finished_) out_.resize(start_);
  }

  void u8(char v) { out_.push_back(v); }
  void u16(std::uint16_t v) {
    char b[2];
    store_be16(b, v);
    out_.append(b, sizeof b);
  }
  void i16(std::int16_t v) { u16(static_cast<std::uint16_t>(v)); }
  void u32(std::uint32_t v) {
    char b[4];
    store_be32(b, v);
    out_.append(b, sizeof b);
  }
  void i32(std::int32_t v) { u32(static_cast<std::uint32_t>(v)); }
  void bytes(std::string_view v) { out_.append(v); }
  void cstring(std::string_view v);
  void value(const std::optional<std::string_view>& v);
  void count(std::size_t n);

  // Fills in the length. Without it the destructor takes everything back.
  void finish();

 private:
  std::string& out_;
  std::size_t start_;
  std::size_t length_at_;
  bool finished_ = false;
};

}  // namespace pgtandem::wire
