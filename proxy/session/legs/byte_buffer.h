// A growable byte queue: written at the end, read and consumed at the front, contiguous at all times.
//
// Owned by one session leg; not thread-safe. Views of data() end with the next prepare(), append() or
// consume().
#pragma once

#include <cstring>
#include <memory>
#include <span>
#include <string_view>

namespace pgtandem::proxy {

class byte_buffer {
 public:
  [[nodiscard]] std::string_view data() const { return {bytes_.get() + begin_, end_ - begin_}; }
  [[nodiscard]] std::size_t size() const { return end_ - begin_; }
  [[nodiscard]] bool empty() const { return begin_ == end_; }

  // Room for at least `n` bytes at the end; commit() what was written into it.
  [[nodiscard]] std::span<char> prepare(std::size_t n) {
    if (capacity_ - end_ < n) make_room(n);
    return {bytes_.get() + end_, capacity_ - end_};
  }
  void commit(std::size_t n) { end_ += n; }

  void append(std::string_view bytes) {
    if (bytes.empty()) return;
    std::memcpy(prepare(bytes.size()).data(), bytes.data(), bytes.size());
    commit(bytes.size());
  }

  void consume(std::size_t n) {
    begin_ += n;
    if (begin_ == end_) {
      begin_ = end_ = 0;
      // A rare large message must not pin its memory for the life of the session.
      if (capacity_ > keep_capacity) {
        bytes_.reset();
        capacity_ = 0;
      }
    }
  }

 private:
  static constexpr std::size_t keep_capacity = 256 * 1024;

  void make_room(std::size_t n) {
    const std::size_t used = size();
    if (used + n <= capacity_ && begin_ >= used) {
      std::memcpy(bytes_.get(), bytes_.get() + begin_, used);
    } else {
      std::size_t grown = capacity_ == 0 ? n : capacity_;
      while (grown < used + n) grown *= 2;
      auto larger = std::make_unique_for_overwrite<char[]>(grown);
      if (used > 0) std::memcpy(larger.get(), bytes_.get() + begin_, used);
      bytes_ = std::move(larger);
      capacity_ = grown;
    }
    begin_ = 0;
    end_ = used;
  }

  std::unique_ptr<char[]> bytes_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace pgtandem::proxy
