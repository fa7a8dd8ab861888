// Values of the families `state` and `marks`. Layout: docs/record-format.md. Decoding never throws.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "outbox/log/log.h"

namespace pgtandem::outbox {

// What is known of a record without reading it.
struct state_row {
  decision state = decision::undecided;
  std::uint64_t bytes = 0;       // of the record and its chunks
  std::string_view incarnation;  // of the bytes it was decoded from
  staging_t staging{};           // of its chunks
};
[[nodiscard]] std::string encode_state(const state_row& row);
[[nodiscard]] std::optional<state_row> decode_state(std::string_view bytes);

// `id` and `ripe` are not in the value: the one is the key, the other follows from the writers.
[[nodiscard]] std::string encode_mark(const open_mark& m);
[[nodiscard]] std::optional<open_mark> decode_mark(mark_id id, std::string_view bytes);

}  // namespace pgtandem::outbox
