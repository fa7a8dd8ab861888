#include "protocol/wire/message_writer.h"

#include <limits>
#include <stdexcept>

#include "protocol/wire/frame.h"

namespace pgtandem::wire {

void message_writer::cstring(std::string_view v) {
  if (v.find('\0') != std::string_view::npos) {
    throw std::invalid_argument("a string with a NUL byte cannot be sent in this message");
  }
  out_.append(v);
  out_.push_back('\0');
}

void message_writer::value(const std::optional<std::string_view>& v) {
  if (!v) return i32(-1);
  if (v->size() > max_message_length) throw std::length_error("a value is too long for a message");
  u32(static_cast<std::uint32_t>(v->size()));
  out_.append(*v);
}

void message_writer::count(std::size_t n) {
  if (n > std::numeric_limits<std::uint16_t>::max()) {
    throw std::length_error("a message holds at most 65535 elements");
  }
  u16(static_cast<std::uint16_t>(n));
}

void message_writer::finish() {
  const std::size_t length = out_.size() - length_at_;
  if (length > max_message_length) throw std::length_error("a message is longer than PostgreSQL takes");
  store_be32(out_.data() + length_at_, static_cast<std::uint32_t>(length));
  finished_ = true;
}

}  // namespace pgtandem::wire
