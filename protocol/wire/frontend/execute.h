// Execute (F): runs a portal, as a whole or some rows of it.
// The views point into the bytes it was decoded from, or given to encode, and expire with them.
// Safe from any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "protocol/wire/body_reader.h"
#include "protocol/wire/message_writer.h"
#include "protocol/wire/types.h"

namespace pgtandem::wire {

struct execute {
  std::string_view portal;
  std::int32_t max_rows = 0;  // all rows unless above 0
  bool operator==(const execute&) const = default;
};

inline void encode(const execute& m, std::string& out) {
  message_writer w(frontend_type::execute, out);
  w.cstring(m.portal);
  w.i32(m.max_rows);
  w.finish();
}

[[nodiscard]] inline std::optional<execute> decode_execute(std::string_view body) {
  body_reader in(body);
  execute m;
  m.portal = in.cstring();
  m.max_rows = in.i32();
  return decoded(in, std::move(m));
}

}  // namespace pgtandem::wire
