// Close (F): lets go of a prepared statement or a portal; one that does not exist is no error.
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

struct close {
  char target = 'S';  // 'S' prepared statement, 'P' portal
  std::string_view name;
  bool operator==(const close&) const = default;
};

inline void encode(const close& m, std::string& out) {
  message_writer w(frontend_type::close, out);
  w.u8(m.target);
  w.cstring(m.name);
  w.finish();
}

[[nodiscard]] inline std::optional<close> decode_close(std::string_view body) {
  body_reader in(body);
  close m;
  m.target = in.u8();
  m.name = in.cstring();
  if (m.target != 'S' && m.target != 'P') return std::nullopt;
  return decoded(in, std::move(m));
}

}  // namespace pgtandem::wire
