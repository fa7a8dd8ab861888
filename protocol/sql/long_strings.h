// Takes the content of long strings out of a text before it is parsed: a value of many megabytes, written as
// a literal, says nothing about what its statement does. Private to this folder. A value; borrows nothing.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/sql/statement.h"

namespace pgtandem::sql {

class shortened_text {
 public:
  // Shorter texts are parsed as they are.
  static constexpr std::size_t long_text = std::size_t{1} << 20;
  static constexpr std::size_t long_string = 4096;

  // Puts '' in place of every string 'like this' or E'like this' of at least `long_string` bytes. Others,
  // such as $$those$$, stay: they may be code.
  explicit shortened_text(std::string_view text);

  [[nodiscard]] std::string_view text() const { return text_; }
  // Turns the place of a statement of text() into its place in the original.
  void restore(statement& s) const;

 private:
  struct cut {
    std::size_t end;      // of what was put there, in text_
    std::size_t removed;  // bytes, with those of all cuts before
  };
  [[nodiscard]] std::size_t original(std::size_t at) const;

  std::string text_;
  std::vector<cut> cuts_;
};

}  // namespace pgtandem::sql
