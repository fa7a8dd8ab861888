// CommandComplete (B): the tag of a finished statement, byte for byte (drivers read row counts from it).
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

struct command_complete {
  std::string_view tag;
  bool operator==(const command_complete&) const = default;
};

inline void encode(const command_complete& m, std::string& out) {
  message_writer w(backend_type::command_complete, out);
  w.cstring(m.tag);
  w.finish();
}

[[nodiscard]] inline std::optional<command_complete> decode_command_complete(std::string_view body) {
  body_reader in(body);
  command_complete m;
  m.tag = in.cstring();
  return decoded(in, std::move(m));
}

}  // namespace pgtandem::wire
