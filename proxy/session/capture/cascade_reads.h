// The own queries that find, ahead of a DELETE, the keys of the rows to which foreign keys carry it.
//
// The first locks the rows that are about to go. From then on no other transaction can make a row refer to
// them, and those that do are found by the queries behind it, which begin later; they are locked, too, as the
// cascade itself would lock them. All of this holds under READ COMMITTED: under a snapshot that is older than
// the locks nothing is read. The DELETE may find more rows, which somebody else has committed meanwhile: the
// keys are all of them if the rows are as many. Pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "protocol/catalog/relation.h"
#include "protocol/sql/row_choice.h"
#include "proxy/session/capture/mirrored_catalog.h"
#include "proxy/session/capture/old_keys.h"

namespace pgtandem::proxy {

// The rows that a DELETE chooses.
struct removed_rows {
  sql::row_choice choice;
  std::string alias;  // how its condition names them
};

// More are not kept: their tables are marked whole.
inline constexpr std::size_t most_cascaded_keys = 10'000;

struct cascade_reads {
  old_keys_query rows;               // answers with whether keys can be read, and how many rows it locked
  std::vector<old_keys_query> keys;  // of each foreign key
  std::vector<change::table_name> tables;  // that they read, and lock: no others are written
};

// nullopt: the keys cannot be told beforehand (a foreign key back to a table on the way, or one that changes
// the keys of rows or cascades further from there).
[[nodiscard]] std::optional<cascade_reads> make_cascade_reads(const catalog::relation& relation,
                                                              const removed_rows& removed, std::uint8_t unmet,
                                                              const mirrored_catalog& mirrored);

}  // namespace pgtandem::proxy
