// A text with places replaced before it is parsed, and the way back: what the parser says of the edited text
// holds for the original. Private to this folder. A value over a borrowed text, which has to outlive it until
// finish().
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/sql/statement.h"

namespace pgtandem::sql {

class edited_text {
 public:
  explicit edited_text(std::string_view original) : original_(original) {}

  // Puts `with` in place of `length` bytes at `begin`; in ascending order, not overlapping.
  void replace(std::size_t begin, std::size_t length, std::string_view with);
  // No more edits: takes over the rest.
  void finish();

  [[nodiscard]] std::string_view text() const { return text_; }
  // Turns the place of a statement of text() into its place in the original.
  void restore(statement& s) const;

 private:
  struct edit {
    std::size_t end;      // of what was put there, in text_
    std::size_t removed;  // bytes, with those of all edits before; wraps where more was put in
  };
  [[nodiscard]] std::size_t original(std::size_t at) const;

  std::string_view original_;
  std::string text_;
  std::size_t kept_ = 0;     // of the original, so far
  std::size_t removed_ = 0;  // bytes, so far
  std::vector<edit> edits_;
};

}  // namespace pgtandem::sql
