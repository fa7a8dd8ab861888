// BindComplete (B): answers Bind.
// Has no body, nothing to own. Safe from any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "protocol/wire/message_writer.h"
#include "protocol/wire/types.h"

namespace pgtandem::wire {

struct bind_complete {
  bool operator==(const bind_complete&) const = default;
};

inline void encode(const bind_complete& /*m*/, std::string& out) {
  message_writer(backend_type::bind_complete, out).finish();
}

[[nodiscard]] inline std::optional<bind_complete> decode_bind_complete(std::string_view body) {
  return body.empty() ? std::optional<bind_complete>(bind_complete{}) : std::nullopt;
}

}  // namespace pgtandem::wire
