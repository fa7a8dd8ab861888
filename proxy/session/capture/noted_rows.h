// Rows of the parts of a statement that write in WITH. Nothing of them reaches the client, so they cannot
// come back with its answer: each part notes what it writes in a setting that lasts no longer than the
// transaction, and an own query right behind the statement reads the notes, and the rows by their places.
//
// A note of an inserted or updated row is its table and ctid, of a removed one its key. What is read is what
// was written if every note was read, and there are as many rows as notes: a row that was written again
// meanwhile (by a trigger, or a foreign key) has another place. Beyond 64 KiB notes are given up, as each is
// added to a copy of all before it. Pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/catalog/relation.h"
#include "protocol/sql/statement.h"
#include "protocol/wire/backend/data_row.h"
#include "proxy/session/capture/own_query.h"

namespace pgtandem::proxy {

// The expression that a part evaluates for each row that it writes; `alias` names the row, quoted.
[[nodiscard]] std::string note_of_written_row(std::string_view alias);
[[nodiscard]] std::string note_of_removed_row(const catalog::relation& relation, std::string_view alias,
                                              const resolved_name& target);

// A table whose written rows are noted.
struct noted_table {
  sql::relation_ref name;
  const catalog::relation* relation = nullptr;
  resolved_name target;
};

// The own query. Its rows are (what, value): removed keys first, then how many notes there are, then images.
// It leaves no notes behind.
[[nodiscard]] std::string noted_rows_query(std::span<const noted_table> tables);

struct noted_row {
  enum class kind : std::uint8_t { removed, count, written, cleared } what = kind::count;
  std::optional<std::string_view> value;  // a key, the number, or an image as catalog's expressions yield it
};

// nullopt: the query does not answer like this.
[[nodiscard]] std::optional<noted_row> decode_noted_row(const wire::data_row& row);

}  // namespace pgtandem::proxy
