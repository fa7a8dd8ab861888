// Cuts a byte stream that arrives in pieces of any size into messages.
// Owns its buffer. A frame stays valid until the next call of append, next, next_startup or take.
// Every byte is moved a bounded number of times, whatever the size of the messages and of the pieces; memory
// grown for a large message is given back after it.
// Not thread-safe: one reader belongs to one direction of one connection.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/wire/frame.h"

namespace pgtandem::wire {

class frame_reader {
 public:
  explicit frame_reader(length_limit limit = any_length) : limit_(limit) {}

  // Applies from the next message on: tighter before authentication, wider after it.
  void set_length_limit(length_limit limit) { limit_ = limit; }

  // `bytes` must not point into a frame of this reader.
  void append(std::string_view bytes);

  // False when no whole message is there, or when the stream is malformed (for good: there is no way back
  // into step).
  [[nodiscard]] bool next(frame_view& out);
  [[nodiscard]] bool next_startup(frame_view& out);
  [[nodiscard]] bool malformed() const { return malformed_; }

  // For passing a large message on while it is still arriving: look at its header, then take its bytes as
  // they come. The caller counts; next() is right again once the message has been taken to its end.
  [[nodiscard]] std::optional<frame_header> peek() const { return peek_header(pending()); }
  [[nodiscard]] std::string_view take(std::size_t max_bytes);

  // Bytes that no frame was made of yet.
  [[nodiscard]] std::size_t buffered() const { return buffer_.size() - head_; }
  // Memory held, for the session's account.
  [[nodiscard]] std::size_t capacity() const { return buffer_.capacity(); }

 private:
  [[nodiscard]] std::string_view pending() const { return std::string_view(buffer_).substr(head_); }
  bool advance(frame_status status, std::string_view rest);
  void compact();

  std::string buffer_;
  std::size_t head_ = 0;  // everything before was handed out
  length_limit limit_;
  bool malformed_ = false;
};

}  // namespace pgtandem::wire
