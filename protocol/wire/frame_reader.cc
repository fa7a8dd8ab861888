#include "protocol/wire/frame_reader.h"

namespace pgtandem::wire {

namespace {

// A session that once carried a large message must not keep its memory.
constexpr std::size_t retained_capacity = 65536;

}  // namespace

void frame_reader::append(std::string_view bytes) {
  compact();
  buffer_.append(bytes);
}

bool frame_reader::next(frame_view& out) {
  if (malformed_) return false;
  std::string_view rest = pending();
  const frame_status status = next_frame(rest, out, limit_);
  return advance(status, rest);
}

bool frame_reader::next_startup(frame_view& out) {
  if (malformed_) return false;
  std::string_view rest = pending();
  const frame_status status = next_startup_frame(rest, out);
  return advance(status, rest);
}

std::string_view frame_reader::take(std::size_t max_bytes) {
  const std::string_view taken = pending().substr(0, max_bytes);
  head_ += taken.size();
  return taken;
}

bool frame_reader::advance(frame_status status, std::string_view rest) {
  if (status == frame_status::malformed) malformed_ = true;
  if (status != frame_status::complete) return false;
  head_ = buffer_.size() - rest.size();
  return true;
}

void frame_reader::compact() {
  const std::size_t left = buffered();
  // Moving no more than was handed out since the last time keeps the work linear in the bytes of the stream.
  if (head_ == 0 || left > head_) return;
  if (buffer_.capacity() > retained_capacity && left <= buffer_.capacity() / 4) {
    std::string smaller(buffer_, head_);
    buffer_.swap(smaller);
  } else {
    buffer_.erase(0, head_);
  }
  head_ = 0;
}

}  // namespace pgtandem::wire
