#include "reconciler/server/storage.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "protocol/catalog/image_sql.h"

namespace pgtandem::reconciler {

namespace {

constexpr const char* leaves_sql =
    "WITH rel AS (SELECT c.oid, c.relkind FROM pg_catalog.pg_class c"
    "  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = $2),"
    " leaf AS (SELECT oid FROM rel WHERE relkind <> 'p' UNION ALL"
    "  SELECT tree.relid FROM rel, pg_catalog.pg_partition_tree(rel.oid) tree"
    "  WHERE rel.relkind = 'p' AND tree.isleaf)"
    " SELECT c.oid, n.nspname, c.relname, c.relkind, pg_catalog.pg_relation_filenode(c.oid),"
    "  pg_catalog.pg_relation_size(c.oid) / pg_catalog.current_setting('block_size')::bigint,"
    "  greatest(c.reltuples, 0)::bigint"
    " FROM leaf JOIN pg_catalog.pg_class c ON c.oid = leaf.oid"
    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind <> 'p' ORDER BY c.oid";

constexpr const char* locate_sql =
    "SELECT rn.nspname, root.relname, root.relkind FROM pg_catalog.pg_class c"
    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " JOIN pg_catalog.pg_class root ON root.oid ="
    "  CASE WHEN c.relispartition THEN pg_catalog.pg_partition_root(c.oid) ELSE c.oid END"
    " JOIN pg_catalog.pg_namespace rn ON rn.oid = root.relnamespace"
    " WHERE n.nspname = $1 AND c.relname = $2";

}  // namespace

std::vector<storage_leaf> load_leaves(client::connection& c, const change::table_name& table) {
  const auto r = c.query(leaves_sql, {table.schema, table.name});
  std::vector<storage_leaf> leaves;
  for (int i = 0; i < r.rows(); ++i) {
    storage_leaf leaf;
    leaf.oid = oid_t(static_cast<std::uint32_t>(r.u64(i, 0)));
    leaf.name = {std::string(r.at(i, 1)), std::string(r.at(i, 2))};
    if (r.at(i, 3) != "r") {
      throw std::runtime_error(fmt::format("{} is not an ordinary table: its rows cannot be read by blocks",
                                           catalog::qualified_name(leaf.name)));
    }
    leaf.filenode = r.u64(i, 4);
    leaf.blocks = r.u64(i, 5);
    leaf.rows = r.u64(i, 6);
    leaves.push_back(std::move(leaf));
  }
  return leaves;
}

std::uint64_t filenode_of(client::connection& c, oid_t leaf) {
  return c.query(fmt::format("SELECT pg_catalog.pg_relation_filenode({}::oid)", leaf.value)).u64(0, 0);
}

std::uint64_t blocks_of(client::connection& c, oid_t leaf) {
  return c
      .query(fmt::format("SELECT pg_catalog.pg_relation_size({}::oid::regclass) /"
                         " pg_catalog.current_setting('block_size')::bigint",
                         leaf.value))
      .u64(0, 0);
}

bool same_storage(const std::vector<storage_leaf>& a, const std::vector<storage_leaf>& b) {
  return std::ranges::equal(a, b, [](const storage_leaf& x, const storage_leaf& y) {
    return x.oid == y.oid && x.filenode == y.filenode;
  });
}

std::string block_condition(std::string_view alias, std::uint64_t first, std::uint64_t last,
                            int server_version) {
  if (server_version >= 140000) {
    return fmt::format("{0}.ctid >= '({1},0)'::pg_catalog.tid AND {0}.ctid < '({2},0)'::pg_catalog.tid",
                       alias, first, last);
  }
  return fmt::format(
      "{}.ctid = ANY (ARRAY(SELECT pg_catalog.format('(%s,%s)', b, o)::pg_catalog.tid"
      " FROM pg_catalog.generate_series({}::bigint, {}::bigint) b, pg_catalog.generate_series(1,"
      " pg_catalog.current_setting('block_size')::int / 28) o))",  // a tuple takes 28 bytes at least
      alias, first, last - 1);
}

std::string server_identity(client::connection& c) {
  if (!c.query("SELECT pg_catalog.has_function_privilege('pg_catalog.pg_control_system()', 'EXECUTE')")
           .boolean(0, 0))
    return {};
  return std::string(
      c.query("SELECT system_identifier || '/' ||"
              " pg_catalog.substr(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()), 1, 8)"
              " FROM pg_catalog.pg_control_system()")
          .at(0, 0));
}

std::string server_life(client::connection& c) {
  // After a crash the postmaster may live on: only the checkpointer tells.
  return std::string(
      c.query("SELECT pg_catalog.concat_ws('/', pg_catalog.pg_postmaster_start_time(), COALESCE("
              "(SELECT a.backend_start::text FROM pg_catalog.pg_stat_activity a"
              " WHERE a.backend_type = 'checkpointer'),"
              " (SELECT pg_catalog.concat(a.pid, '@', a.backend_start) FROM pg_catalog.pg_stat_activity a"
              " WHERE a.pid = pg_catalog.pg_backend_pid())))")
          .at(0, 0));
}

std::optional<located_table> locate_table(client::connection& c, const change::table_name& table) {
  const auto r = c.query(locate_sql, {table.schema, table.name});
  if (r.rows() == 0) return std::nullopt;
  located_table found;
  found.root = {std::string(r.at(0, 0)), std::string(r.at(0, 1))};
  found.kind = r.at(0, 2).empty() ? 'r' : r.at(0, 2).front();
  return found;
}

}  // namespace pgtandem::reconciler
