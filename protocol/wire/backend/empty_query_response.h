// EmptyQueryResponse (B): stands for CommandComplete where there was no statement.
// Has no body, nothing to own. Safe from any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "protocol/wire/message_writer.h"
#include "protocol/wire/types.h"

namespace pgtandem::wire {

struct empty_query_response {
  bool operator==(const empty_query_response&) const = default;
};

inline void encode(const empty_query_response& /*m*/, std::string& out) {
  message_writer(backend_type::empty_query_response, out).finish();
}

[[nodiscard]] inline std::optional<empty_query_response> decode_empty_query_response(std::string_view body) {
  return body.empty() ? std::optional<empty_query_response>(empty_query_response{}) : std::nullopt;
}

}  // namespace pgtandem::wire
