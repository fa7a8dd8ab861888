// Reads the fields of one message body, for the decoders.
// Owns nothing: what it returns points into the body and expires with it. Never throws and never reads past
// the end: after the first field that does not fit everything reads as zero or empty, and finished() is
// false. Not thread-safe, lives on the stack of one decoder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

#include "protocol/wire/byte_order.h"

namespace pgtandem::wire {

class body_reader {
 public:
  explicit body_reader(std::string_view body) : rest_(body) {}

  [[nodiscard]] char u8() {
    const char* p = take(1);
    return p ? *p : '\0';
  }
  [[nodiscard]] std::uint16_t u16() {
    const char* p = take(2);
    return p ? load_be16(p) : std::uint16_t{0};
  }
  [[nodiscard]] std::int16_t i16() { return static_cast<std::int16_t>(u16()); }
  [[nodiscard]] std::uint32_t u32() {
    const char* p = take(4);
    return p ? load_be32(p) : 0;
  }
  [[nodiscard]] std::int32_t i32() { return static_cast<std::int32_t>(u32()); }

  // Up to and without the next NUL.
  [[nodiscard]] std::string_view cstring() {
    const std::size_t end = rest_.find('\0');
    if (end == std::string_view::npos) {
      fail();
      return {};
    }
    const std::string_view text = rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    return text;
  }

  [[nodiscard]] std::string_view bytes(std::size_t n) {
    const char* p = take(n);
    return p ? std::string_view(p, n) : std::string_view();
  }

  // Everything that is left.
  [[nodiscard]] std::string_view rest() { return bytes(rest_.size()); }

  // A length and as many bytes; length -1 is NULL.
  std::optional<std::string_view> value() {
    const std::int32_t length = i32();
    if (length == -1) return std::nullopt;
    if (length < 0) {
      fail();
      return std::nullopt;
    }
    return bytes(static_cast<std::size_t>(length));
  }

  // A number of elements that take at least `element_size` bytes each. One that cannot fit fails here, before
  // anybody reserves memory for it. PostgreSQL reads these counts as unsigned: Bind takes 65535 parameters.
  [[nodiscard]] std::uint16_t count(std::size_t element_size) {
    const std::uint16_t n = u16();
    if (n * element_size <= rest_.size()) return n;
    fail();
    return 0;
  }

  void fail() {
    ok_ = false;
    rest_ = {};
  }

  [[nodiscard]] std::size_t remaining() const { return rest_.size(); }
  [[nodiscard]] bool ok() const { return ok_; }
  // Every field fitted and nothing is left over.
  [[nodiscard]] bool finished() const { return ok_ && rest_.empty(); }

 private:
  const char* take(std::size_t n) {
    if (!ok_ || rest_.size() < n) {
      fail();
      return nullptr;
    }
    const char* p = rest_.data();
    rest_.remove_prefix(n);
    return p;
  }

  std::string_view rest_;
  bool ok_ = true;
};

// Ends a decoder: the message if the body was exactly that, else nullopt.
template <class Message>
[[nodiscard]] std::optional<Message> decoded(const body_reader& in, Message&& message) {
  if (!in.finished()) return std::nullopt;
  return std::optional<Message>(static_cast<Message&&>(message));
}

}  // namespace pgtandem::wire
