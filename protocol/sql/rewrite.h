// Adds expressions to the RETURNING lists of INSERT, UPDATE and DELETE. Pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/sql/statement.h"

namespace pgtandem::sql {

// `statement_text` is one statement, as statement::offset and length cut it out. The expression becomes the
// last result column, under the name pgtandem_image. Text before the insertion keeps its place, so error
// positions of the client's own text stay true.
[[nodiscard]] std::string add_returning(std::string_view statement_text, const dml_info& dml,
                                        std::string_view expression);

// A stretch of a rewritten text that stands for another one of the client's. In characters.
struct text_edit {
  std::int32_t begin = 0;
  std::int32_t end = 0;
  std::int32_t client_begin = 0;
  std::int32_t client_end = 0;
};

// Where the client's text has what the rewritten one has at `at`; of what was put in, where that was done.
[[nodiscard]] std::int64_t client_position(std::span<const text_edit> edits, std::int64_t at);

struct noted_text {
  std::string text;
  std::vector<text_edit> edits;  // in order
};

// Lets each part of WITH evaluate an expression for every row that it writes; `expressions` has one for each
// of them, empty for those that are left alone. What a part hands on stays the same, under its name: the part
// gets a name of its own (pgtandem_part_N), and the old one means its columns without the expression's. What
// `RETURNING *` handed on has lost the columns' origins, which a row description would show.
// nullopt: it cannot be done with this text.
[[nodiscard]] std::optional<noted_text> note_parts(std::string_view statement_text,
                                                   const modifying_parts& all,
                                                   std::span<const std::string> expressions);

}  // namespace pgtandem::sql
