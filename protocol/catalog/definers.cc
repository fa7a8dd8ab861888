#include "protocol/catalog/definers.h"

#include <fmt/format.h>

namespace pgtandem::catalog {
namespace {

// A row knows the transaction that made it without its epoch: it is no older than the last 2^32.
constexpr const char* definers_sql = R"(
WITH defined(xid) AS (
  SELECT xmin FROM pg_catalog.pg_proc WHERE oid >= 16384
  UNION ALL SELECT xmin FROM pg_catalog.pg_operator WHERE oid >= 16384
  UNION ALL SELECT xmin FROM pg_catalog.pg_cast WHERE oid >= 16384
  UNION ALL SELECT xmin FROM pg_catalog.pg_amproc WHERE oid >= 16384
  UNION ALL SELECT xmin FROM pg_catalog.pg_range WHERE rngtypid >= 16384
  UNION ALL SELECT xmin FROM pg_catalog.pg_type WHERE oid >= 16384 AND typtype = 'd'
  UNION ALL SELECT xmin FROM pg_catalog.pg_constraint WHERE contype = 'c'
  UNION ALL SELECT xmin FROM pg_catalog.pg_rewrite WHERE oid >= 16384
  UNION ALL SELECT xmin FROM pg_catalog.pg_policy
  UNION ALL SELECT xmin FROM pg_catalog.pg_class WHERE relrowsecurity
  UNION ALL SELECT xmin FROM pg_catalog.pg_attrdef
  UNION ALL SELECT xmin FROM pg_catalog.pg_attribute WHERE atttypid >= 16384 AND attnum > 0
  UNION ALL SELECT xmin FROM pg_catalog.pg_index WHERE indexprs IS NOT NULL OR indpred IS NOT NULL
  UNION ALL SELECT xmin FROM pg_catalog.pg_partitioned_table
  UNION ALL SELECT xmin FROM pg_catalog.pg_inherits
), short(xid) AS (
  SELECT DISTINCT xid::pg_catalog.text::bigint FROM defined
), now(xid) AS (
  SELECT pg_catalog.txid_snapshot_xmax(pg_catalog.txid_current_snapshot())
), since(xid) AS (
  SELECT s.xid FROM short s, now n WHERE n.xid - ((n.xid - s.xid) & 4294967295) >= $1::bigint
)
SELECT coalesce(bool_or(xid = ANY ($2::bigint[])), false), coalesce(bool_or(xid <> ALL ($2::bigint[])), false) FROM since)";

}  // namespace

xid_t next_definer(client::connection& c) {
  return xid_t{c.query("SELECT pg_catalog.txid_snapshot_xmin(pg_catalog.txid_current_snapshot())").u64(0, 0)};
}

definers definers_since(client::connection& c, xid_t since, std::span<const std::uint32_t> seen) {
  const auto found =
      c.query(definers_sql, {std::to_string(since.value), fmt::format("{{{}}}", fmt::join(seen, ","))});
  return {found.boolean(0, 0), found.boolean(0, 1)};
}

}  // namespace pgtandem::catalog
