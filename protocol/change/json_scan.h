// An exact scanner over JSON text that PostgreSQL printed. It never interprets a number, so nothing is
// rounded; it does not recurse, so nesting is bounded by memory only. Pure; no exceptions on input.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace pgtandem::change {

class json_scanner {
 public:
  explicit json_scanner(std::string_view text, std::size_t position = 0) : text_(text), position_(position) {}

  [[nodiscard]] std::size_t position() const { return position_; }
  [[nodiscard]] bool at_end() const { return position_ >= text_.size(); }
  void skip_space();
  // Moves past `c`; false if something else is there.
  [[nodiscard]] bool take(char c);
  // Each moves past one token or value; false if there is none, then the position means nothing.
  [[nodiscard]] bool skip_string();
  [[nodiscard]] bool skip_value();

 private:
  [[nodiscard]] bool skip_scalar();
  [[nodiscard]] bool skip_number();
  [[nodiscard]] bool skip_digits();
  [[nodiscard]] bool skip_name();
  [[nodiscard]] char peek() const { return at_end() ? '\0' : text_[position_]; }

  std::string_view text_;
  std::size_t position_;
};

// The text that a JSON string token ("..." with its quotes) stands for, as UTF-8. nullopt if it stands for
// none: not a string, an unpaired surrogate, \u0000.
[[nodiscard]] std::optional<std::string> unescape_json(std::string_view token);

// Appends `text` as a JSON string token, escaped as PostgreSQL does.
void append_json_string(std::string& out, std::string_view text);

}  // namespace pgtandem::change
