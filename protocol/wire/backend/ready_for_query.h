// ReadyForQuery (B): one cycle is over; says in which transaction state.
// Nothing to own.
// Safe from any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "protocol/wire/body_reader.h"
#include "protocol/wire/message_writer.h"
#include "protocol/wire/types.h"

namespace pgtandem::wire {

struct ready_for_query {
  char status = 'I';  // 'I' idle, 'T' in a transaction block, 'E' in a failed one
  bool operator==(const ready_for_query&) const = default;
};

inline void encode(const ready_for_query& m, std::string& out) {
  message_writer w(backend_type::ready_for_query, out);
  w.u8(m.status);
  w.finish();
}

[[nodiscard]] inline std::optional<ready_for_query> decode_ready_for_query(std::string_view body) {
  body_reader in(body);
  ready_for_query m;
  m.status = in.u8();
  if (m.status != 'I' && m.status != 'T' && m.status != 'E') return std::nullopt;
  return decoded(in, std::move(m));
}

}  // namespace pgtandem::wire
