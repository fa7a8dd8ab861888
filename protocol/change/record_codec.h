// The byte format of a record and of a staged chunk, version 2. Grammar byte by byte: docs/record-format.md.
// Decoding never throws and rejects trailing bytes, unknown versions and lengths beyond the input.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/change/record.h"

namespace pgtandem::change {

inline constexpr std::uint8_t record_format_version = 2;

[[nodiscard]] std::string encode_record(const record& r);
[[nodiscard]] std::optional<record> decode_record(std::string_view bytes);  // version 1, too

// A piece of a large transaction that is staged ahead of its record, whose tables its changes point into.
[[nodiscard]] std::string encode_chunk(std::span<const row_change> changes);
// The first `count` changes of a chunk of a record with so many tables; nullopt: it is damaged, or has fewer.
[[nodiscard]] std::optional<std::vector<row_change>> decode_chunk(std::string_view bytes, std::uint64_t count,
                                                                  std::size_t tables);

}  // namespace pgtandem::change
