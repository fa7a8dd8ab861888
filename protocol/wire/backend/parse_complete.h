// ParseComplete (B): answers Parse.
// Has no body, nothing to own. Safe from any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "protocol/wire/message_writer.h"
#include "protocol/wire/types.h"

namespace pgtandem::wire {

struct parse_complete {
  bool operator==(const parse_complete&) const = default;
};

inline void encode(const parse_complete& /*m*/, std::string& out) {
  message_writer(backend_type::parse_complete, out).finish();
}

[[nodiscard]] inline std::optional<parse_complete> decode_parse_complete(std::string_view body) {
  return body.empty() ? std::optional<parse_complete>(parse_complete{}) : std::nullopt;
}

}  // namespace pgtandem::wire
