// Describe (F): asks what a prepared statement or a portal takes and returns.
// The views point into the bytes it was decoded from, or given to encode, and expire with them.
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

struct describe {
  char target = 'S';  // 'S' prepared statement, 'P' portal
  std::string_view name;
  bool operator==(const describe&) const = default;
};

inline void encode(const describe& m, std::string& out) {
  message_writer w(frontend_type::describe, out);
  w.u8(m.target);
  w.cstring(m.name);
  w.finish();
}

[[nodiscard]] inline std::optional<describe> decode_describe(std::string_view body) {
  body_reader in(body);
  describe m;
  m.target = in.u8();
  m.name = in.cstring();
  if (m.target != 'S' && m.target != 'P') return std::nullopt;
  return decoded(in, std::move(m));
}

}  // namespace pgtandem::wire
