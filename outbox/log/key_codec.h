// Keys of the column families. Layout: docs/record-format.md. Big endian, so that byte order is number order.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "outbox/log/log.h"

namespace pgtandem::outbox {

// partition BE32 | seq BE64: families data and state.
[[nodiscard]] std::string record_key(partition_t p, seq_t seq);
[[nodiscard]] std::optional<std::pair<partition_t, seq_t>> parse_record_key(std::string_view key);

// staging BE64 | number BE32: family chunks. All of a staging: from number 0 to number 0 of the next.
[[nodiscard]] std::string chunk_key(staging_t staging, std::uint32_t number);
[[nodiscard]] std::optional<staging_t> staging_of(std::string_view key);
[[nodiscard]] inline std::pair<std::string, std::string> chunks_of(staging_t staging) {
  return {chunk_key(staging, 0), chunk_key(staging_t{staging.value + 1}, 0)};
}

// BE64: family marks, and numbers as values in family meta.
[[nodiscard]] std::string be64(std::uint64_t v);
[[nodiscard]] std::optional<std::uint64_t> parse_be64(std::string_view bytes);

// Names in family meta; those of a partition end with its BE32.
namespace meta_key {
inline constexpr std::string_view format = "format";
inline constexpr std::string_view id = "id";
inline constexpr std::string_view partition = "partition/";
inline constexpr std::string_view low = "low/";
inline constexpr std::string_view proven = "proven/";
}  // namespace meta_key
[[nodiscard]] std::string partition_meta_key(std::string_view name, partition_t p);
// The partition, if `key` is `name` followed by one.
[[nodiscard]] std::optional<partition_t> parse_partition_meta_key(std::string_view name,
                                                                  std::string_view key);

}  // namespace pgtandem::outbox
