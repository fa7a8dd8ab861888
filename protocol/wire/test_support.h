// What every message's test asks: written and read back it is the same, and nothing but its exact bytes is
// taken. Test code only.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>

#include "protocol/wire/frame.h"

namespace pgtandem::wire {

// A copy that ends where its allocation ends, so that AddressSanitizer sees every read behind it.
class exact_copy {
 public:
  explicit exact_copy(std::string_view bytes) : data_(new char[bytes.size()]), size_(bytes.size()) {
    bytes.copy(data_.get(), size_);
  }
  [[nodiscard]] std::string_view view() const { return {data_.get(), size_}; }

 private:
  std::unique_ptr<char[]> data_;
  std::size_t size_;
};

template <class Message>
[[nodiscard]] std::string encoded(const Message& m) {
  std::string out;
  encode(m, out);
  return out;
}

// The body of a typed message.
[[nodiscard]] inline std::string_view body_of(std::string_view message) {
  return message.substr(frame_header_size);
}

enum class tail { fixed, open };

// `tail::open` for messages that end in bytes of any length: only what comes before can be truncated.
template <class Message, class Decode>
void expect_exact_body(const Message& m, std::string_view body, Decode decode, tail end = tail::fixed,
                       std::size_t fixed_size = 0) {
  const exact_copy whole(body);
  const auto back = decode(whole.view());
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(*back, m);
  const std::size_t must_have = end == tail::fixed ? body.size() : fixed_size;
  for (std::size_t n = 0; n < must_have; ++n) {
    const exact_copy cut(body.substr(0, n));
    EXPECT_FALSE(decode(cut.view()).has_value()) << "cut to " << n << " of " << body.size();
  }
  if (end == tail::fixed) {
    for (const char extra : {'\0', 'x'}) {
      EXPECT_FALSE(decode(std::string(body) + extra).has_value()) << "with a byte behind it";
    }
  }
}

// A typed message: bytes as given, found as one frame, appended behind what the buffer held before.
template <class Message, class Decode>
void expect_message(const Message& m, std::string_view bytes, Decode decode, tail end = tail::fixed,
                    std::size_t fixed_size = 0) {
  EXPECT_EQ(encoded(m), bytes);
  std::string out = "before";
  encode(m, out);
  EXPECT_EQ(out, "before" + std::string(bytes));

  std::string_view input = bytes;
  frame_view frame;
  ASSERT_EQ(next_frame(input, frame), frame_status::complete);
  EXPECT_TRUE(input.empty());
  EXPECT_EQ(frame.type, bytes[0]);
  EXPECT_EQ(frame.raw, bytes);
  expect_exact_body(m, frame.body, decode, end, fixed_size);
}

}  // namespace pgtandem::wire
