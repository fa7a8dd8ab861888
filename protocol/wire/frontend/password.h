// PasswordMessage (F) and the other answers of its type byte (SASLInitialResponse, SASLResponse,
// GSSResponse). Relayed between client and server, never looked into and never logged.
// The views point into the bytes it was decoded from, or given to encode, and expire with them.
// Safe from any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "protocol/wire/message_writer.h"
#include "protocol/wire/types.h"

namespace pgtandem::wire {

struct password {
  std::string_view data;
  bool operator==(const password&) const = default;
};

inline void encode(const password& m, std::string& out) {
  message_writer w(frontend_type::password, out);
  w.bytes(m.data);
  w.finish();
}

[[nodiscard]] inline std::optional<password> decode_password(std::string_view body) {
  return password{body};
}

}  // namespace pgtandem::wire
