// Streams of messages made readable, for traces and comparisons.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "proxy/session/action.h"

namespace pgtandem::model {

enum class side { client, server };  // who sent them

// One line a message.
[[nodiscard]] std::vector<std::string> describe_messages(std::string_view bytes, side from);
[[nodiscard]] std::string describe_action(const proxy::action& a);

// A stream that arrives in pieces.
class transcript {
 public:
  explicit transcript(side from) : from_(from) {}
  // Describes the messages that have become whole.
  std::vector<std::string> add(std::string_view bytes);
  [[nodiscard]] const std::string& bytes() const { return bytes_; }

 private:
  side from_;
  std::string bytes_;
  std::size_t described_ = 0;
};

// What the notices begin with that the run puts in.
inline constexpr const char* noise_text = "noise ";

// The stream without those.
struct quiet {
  std::string text;
  std::size_t noise = 0;
};
[[nodiscard]] quiet without_noise(std::string_view bytes);

// How many times the client was told that a transaction could not be made durable.
[[nodiscard]] std::size_t count_refusals(std::string_view bytes);

}  // namespace pgtandem::model
