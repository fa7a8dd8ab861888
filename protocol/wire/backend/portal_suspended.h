// PortalSuspended (B): ends an Execute that reached its max_rows.
// Has no body, nothing to own. Safe from any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "protocol/wire/message_writer.h"
#include "protocol/wire/types.h"

namespace pgtandem::wire {

struct portal_suspended {
  bool operator==(const portal_suspended&) const = default;
};

inline void encode(const portal_suspended& /*m*/, std::string& out) {
  message_writer(backend_type::portal_suspended, out).finish();
}

[[nodiscard]] inline std::optional<portal_suspended> decode_portal_suspended(std::string_view body) {
  return body.empty() ? std::optional<portal_suspended>(portal_suspended{}) : std::nullopt;
}

}  // namespace pgtandem::wire
