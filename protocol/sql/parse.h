// Classifies SQL with PostgreSQL's own parser (libpg_query 15). Thread-safe, no I/O, no exceptions but
// bad_alloc.
//
// Call it from a fixed set of threads with stacks of 4 MiB or more: for every thread that ever used it the
// parser keeps a thread key, of which a process has 1,024.
//
// What is proven is proven of the text alone. Left to whoever knows the session and the catalog:
// - standard_conforming_strings has to be on (else see parse_with_backslashes), and client_encoding one whose
// ASCII bytes are always ASCII (not
//   SJIS, BIG5, GBK, UHC, GB18030 or JOHAB): otherwise strings end elsewhere;
// - user-made functions with the name of a listed one (builtin_functions.h), functions written as columns
//   (t.f), user-made operators, casts and domain checks, views and policies (statement::uses);
// - rules and triggers of what is written.
#pragma once

#include <memory>
#include <string_view>

#include "protocol/sql/statement.h"

namespace pgtandem::sql {

// Parses and classifies. Costs 10-20 us a statement; see statement_cache. Texts with NUL bytes, beyond 16 MiB
// without their long strings, or nested beyond what the parser's recursion can bear (parse_limits.h) are not
// ok.
[[nodiscard]] parsed_text parse(std::string_view text);

// The same for a session with standard_conforming_strings off, where a backslash in a plain string escapes.
// Not ok where a string's prefix leaves it open what the backslash means. Offsets are those of `text`.
[[nodiscard]] parsed_text parse_with_backslashes(std::string_view text);

// Remembers classifications: by whole text, and, for texts of harmless statements only, by the text with its
// literals taken out (so that `... where id = 17` and `... = 18` share one entry). Bounded. One per thread.
class statement_cache {
 public:
  explicit statement_cache(std::size_t capacity = 4096);
  ~statement_cache();
  // Never null. A text of harmless queries alone may be answered by its literal-free shape; offsets and
  // lengths are 0 then, as nothing is ever cut out of it. A text with any other statement in it, COMMIT too,
  // has true ones.
  [[nodiscard]] std::shared_ptr<const parsed_text> get(std::string_view text);

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace pgtandem::sql
