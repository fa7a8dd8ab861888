// Classifies SQL with PostgreSQL's own parser (libpg_query 15). Thread-safe, no I/O, no exceptions.
#pragma once

#include <memory>
#include <string_view>

#include "protocol/sql/statement.h"

namespace pgtandem::sql {

// Parses and classifies. Costs 6-10 us a statement; see statement_cache.
[[nodiscard]] parsed_text parse(std::string_view text);

// Remembers classifications: by whole text, and, for texts of harmless statements only, by the text with its
// literals taken out (so that `... where id = 17` and `... = 18` share one entry). Bounded. One per thread.
class statement_cache {
 public:
  explicit statement_cache(std::size_t capacity = 4096);
  ~statement_cache();
  // Never null. For a text found by its literal-free shape, offsets and lengths are not meaningful
  // (all its statements are harmless, so nothing is ever cut out of it).
  [[nodiscard]] std::shared_ptr<const parsed_text> get(std::string_view text);

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace pgtandem::sql
