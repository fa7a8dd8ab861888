// CloseComplete (B): answers Close.
// Has no body, nothing to own. Safe from any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "protocol/wire/message_writer.h"
#include "protocol/wire/types.h"

namespace pgtandem::wire {

struct close_complete {
  bool operator==(const close_complete&) const = default;
};

inline void encode(const close_complete& /*m*/, std::string& out) {
  message_writer(backend_type::close_complete, out).finish();
}

[[nodiscard]] inline std::optional<close_complete> decode_close_complete(std::string_view body) {
  return body.empty() ? std::optional<close_complete>(close_complete{}) : std::nullopt;
}

}  // namespace pgtandem::wire
