// Flush (F): asks for what is answered already, without ending anything.
// Has no body, nothing to own. Safe from any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "protocol/wire/message_writer.h"
#include "protocol/wire/types.h"

namespace pgtandem::wire {

struct flush {
  bool operator==(const flush&) const = default;
};

inline void encode(const flush& /*m*/, std::string& out) {
  message_writer(frontend_type::flush, out).finish();
}

[[nodiscard]] inline std::optional<flush> decode_flush(std::string_view body) {
  return body.empty() ? std::optional<flush>(flush{}) : std::nullopt;
}

}  // namespace pgtandem::wire
