// Sync (F): ends an implicit transaction, or the skipping after an error; asks for ReadyForQuery.
// Has no body, nothing to own. Safe from any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "protocol/wire/message_writer.h"
#include "protocol/wire/types.h"

namespace pgtandem::wire {

struct sync {
  bool operator==(const sync&) const = default;
};

inline void encode(const sync& /*m*/, std::string& out) {
  message_writer(frontend_type::sync, out).finish();
}

[[nodiscard]] inline std::optional<sync> decode_sync(std::string_view body) {
  return body.empty() ? std::optional<sync>(sync{}) : std::nullopt;
}

}  // namespace pgtandem::wire
