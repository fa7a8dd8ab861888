// Reads rows for a heal: images from legacy by key or by blocks, keys from the target by blocks.
// Blocking, without state of its own; throws client::pg_error, and table_changed when rows do not fit the
// relation.
#pragma once

#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "protocol/catalog/relation.h"
#include "protocol/change/record.h"
#include "protocol/client/connection.h"
#include "reconciler/server/storage.h"

namespace pgtandem::reconciler {

// The table is not any more what the catalog said when the heal began: load it again.
class table_changed : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct read_rows {
  std::vector<change::row_change> changes;
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;
  std::uint64_t too_large = 0;  // rows whose image would not fit: they stay owed
};

// Each key once, by one statement: upsert with the image, or remove where legacy has no such row.
[[nodiscard]] read_rows read_by_key(client::connection& legacy, const catalog::relation& r,
                                    const std::vector<std::string>& equalities,
                                    std::span<const std::string> keys);

// The rows in blocks [first, last) of one leaf, by one statement: upserts only.
[[nodiscard]] read_rows read_by_block(client::connection& legacy, const catalog::relation& r,
                                      const storage_leaf& leaf, std::uint64_t first, std::uint64_t last);

// Keys of the target's rows in blocks [first, last) of one leaf.
[[nodiscard]] std::vector<std::string> read_keys_by_block(client::connection& target,
                                                          const catalog::relation& r,
                                                          const storage_leaf& leaf, std::uint64_t first,
                                                          std::uint64_t last);

// Those of `keys` that legacy has no row of.
[[nodiscard]] std::vector<std::string> missing_on_legacy(client::connection& legacy,
                                                         const catalog::relation& r,
                                                         const std::vector<std::string>& equalities,
                                                         std::span<const std::string> keys);

}  // namespace pgtandem::reconciler
