// The byte format of a record, version 1. Grammar byte by byte: docs/record-format.md.
// Decoding never throws and rejects trailing bytes, unknown versions and lengths beyond the input.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "protocol/change/record.h"

namespace pgtandem::change {

inline constexpr std::uint8_t record_format_version = 1;

[[nodiscard]] std::string encode_record(const record& r);
[[nodiscard]] std::optional<record> decode_record(std::string_view bytes);

}  // namespace pgtandem::change
