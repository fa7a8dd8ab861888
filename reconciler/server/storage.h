// Where a table's rows lie: the leaves that hold them and how to read them block by block. Blocking reads of
// the catalog and pure SQL; throws client::pg_error.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "protocol/catalog/relation.h"
#include "protocol/client/connection.h"

namespace pgtandem::reconciler {

// A relation with rows of its own: the table, or one leaf of a partition root.
struct storage_leaf {
  oid_t oid;
  change::table_name name;
  // Changes when the table is rewritten (VACUUM FULL, CLUSTER, TRUNCATE): block numbers then mean other rows.
  std::uint64_t filenode = 0;
  std::uint64_t blocks = 0;
  std::uint64_t rows = 0;  // as the server's statistics have it, 0 if they do not know
};

// Leaves in the order of their oids. Throws std::runtime_error if one cannot be read by blocks (foreign
// table).
[[nodiscard]] std::vector<storage_leaf> load_leaves(client::connection& c, const change::table_name& table);
// 0 if the leaf does not exist any more.
[[nodiscard]] std::uint64_t filenode_of(client::connection& c, oid_t leaf);
// The leaf's size now, in blocks.
[[nodiscard]] std::uint64_t blocks_of(client::connection& c, oid_t leaf);
// Whether both name the same files, so that a pass by blocks over them has missed nothing.
[[nodiscard]] bool same_storage(const std::vector<storage_leaf>& a, const std::vector<storage_leaf>& b);

// The condition for the rows of `alias` in blocks [first, last). Before version 14 a range of ctid would scan
// the whole table, there the possible tids of the blocks are listed.
[[nodiscard]] std::string block_condition(std::string_view alias, std::uint64_t first, std::uint64_t last,
                                          int server_version);

// Which server this is, and on which line of its history: its files are those that it had when it answered
// the same before. Empty: the role may not know.
[[nodiscard]] std::string server_identity(client::connection& c);

// The life of a server between two crashes or restarts: what it has acknowledged outlives it only if it was
// flushed. Where the role may not see when it began, each connection is one.
[[nodiscard]] std::string server_life(client::connection& c);

// What became of a table that a mark names.
struct located_table {
  change::table_name root;  // itself, or the partition root it belongs to
  char kind = 'r';          // relkind of the root
};
// nullopt: there is no such relation (any more).
[[nodiscard]] std::optional<located_table> locate_table(client::connection& c,
                                                        const change::table_name& table);

}  // namespace pgtandem::reconciler
