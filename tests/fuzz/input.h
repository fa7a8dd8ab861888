// Bytes as a sequence of decisions: what a fuzzer or a random generator chose. Views point into the bytes,
// which have to outlive it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace pgtandem::fuzz {

// Takes decisions off the front of an input; one that has run out decides 0.
class input {
 public:
  input(const std::uint8_t* data, std::size_t size)
      : rest_(reinterpret_cast<const char*>(data), data == nullptr ? 0 : size) {}

  [[nodiscard]] std::uint8_t byte() {
    if (rest_.empty()) return 0;
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return static_cast<std::uint8_t>(c);
  }
  // Below n.
  [[nodiscard]] std::size_t below(std::size_t n) { return n <= 1 ? 0 : byte() % n; }
  [[nodiscard]] std::uint64_t number() {
    std::uint64_t v = 0;
    for (unsigned n = byte() % 9; n > 0; --n) v = v << 8 | byte();
    return v;
  }
  [[nodiscard]] std::string_view text() {
    const std::string_view t = rest_.substr(0, byte_size());
    rest_.remove_prefix(t.size());
    return t;
  }
  [[nodiscard]] std::string_view rest() const { return rest_; }
  [[nodiscard]] bool empty() const { return rest_.empty(); }

 private:
  std::size_t byte_size() {
    const std::size_t wanted = byte();
    return std::min(wanted, rest_.size());
  }
  std::string_view rest_;
};

}  // namespace pgtandem::fuzz
