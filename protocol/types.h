// Strong types for the numbers that pgtandem must never mix up.
#pragma once

#include <compare>
#include <cstdint>

namespace pgtandem {

// A number that converts neither from nor to another `strong` by itself.
template <class Rep, class Tag>
struct strong {
  using rep = Rep;
  Rep value{};
  constexpr strong() = default;
  constexpr explicit strong(Rep v) : value(v) {}
  friend constexpr auto operator<=>(const strong&, const strong&) = default;
};

// Place of a record in the outbox log. 0 is "before the first record".
using seq_t = strong<std::uint64_t, struct seq_tag>;
// A position in PostgreSQL's write-ahead log.
using lsn_t = strong<std::uint64_t, struct lsn_tag>;
// A transaction id with its epoch, as txid_current() returns it. 0 is none.
using xid_t = strong<std::uint64_t, struct xid_tag>;
// Where the chunks of one large transaction lie in the outbox ahead of its record. 0 is none.
using staging_t = strong<std::uint64_t, struct staging_tag>;
// Number of the owner that may write a partition on the target.
using epoch_t = strong<std::uint64_t, struct epoch_tag>;
// An ordered lane of the outbox: one per database (see docs/design.md).
using partition_t = strong<std::uint32_t, struct partition_tag>;
// An object id of PostgreSQL's catalog. 0 is none.
using oid_t = strong<std::uint32_t, struct oid_tag>;

}  // namespace pgtandem
