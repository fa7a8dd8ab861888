// Terminate (F): the client says goodbye.
// Has no body, nothing to own. Safe from any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "protocol/wire/message_writer.h"
#include "protocol/wire/types.h"

namespace pgtandem::wire {

struct terminate {
  bool operator==(const terminate&) const = default;
};

inline void encode(const terminate& /*m*/, std::string& out) {
  message_writer(frontend_type::terminate, out).finish();
}

[[nodiscard]] inline std::optional<terminate> decode_terminate(std::string_view body) {
  return body.empty() ? std::optional<terminate>(terminate{}) : std::nullopt;
}

}  // namespace pgtandem::wire
