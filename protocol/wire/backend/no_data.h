// NoData (B): answers Describe of what returns no rows.
// Has no body, nothing to own. Safe from any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "protocol/wire/message_writer.h"
#include "protocol/wire/types.h"

namespace pgtandem::wire {

struct no_data {
  bool operator==(const no_data&) const = default;
};

inline void encode(const no_data& /*m*/, std::string& out) {
  message_writer(backend_type::no_data, out).finish();
}

[[nodiscard]] inline std::optional<no_data> decode_no_data(std::string_view body) {
  return body.empty() ? std::optional<no_data>(no_data{}) : std::nullopt;
}

}  // namespace pgtandem::wire
