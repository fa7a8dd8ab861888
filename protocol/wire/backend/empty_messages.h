// ParseComplete, BindComplete, CloseComplete, NoData, PortalSuspended and EmptyQueryResponse (B): messages
// without a body.
// Nothing to own.
// Safe from any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "protocol/wire/message_writer.h"
#include "protocol/wire/types.h"

namespace pgtandem::wire {

// Each is a type byte and a length; decoding checks that there is no more.

// Answers Parse.
struct parse_complete {
  bool operator==(const parse_complete&) const = default;
};
inline void encode(const parse_complete& /*m*/, std::string& out) {
  message_writer(backend_type::parse_complete, out).finish();
}
[[nodiscard]] inline std::optional<parse_complete> decode_parse_complete(std::string_view body) {
  return body.empty() ? std::optional<parse_complete>(parse_complete{}) : std::nullopt;
}

// Answers Bind.
struct bind_complete {
  bool operator==(const bind_complete&) const = default;
};
inline void encode(const bind_complete& /*m*/, std::string& out) {
  message_writer(backend_type::bind_complete, out).finish();
}
[[nodiscard]] inline std::optional<bind_complete> decode_bind_complete(std::string_view body) {
  return body.empty() ? std::optional<bind_complete>(bind_complete{}) : std::nullopt;
}

// Answers Close.
struct close_complete {
  bool operator==(const close_complete&) const = default;
};
inline void encode(const close_complete& /*m*/, std::string& out) {
  message_writer(backend_type::close_complete, out).finish();
}
[[nodiscard]] inline std::optional<close_complete> decode_close_complete(std::string_view body) {
  return body.empty() ? std::optional<close_complete>(close_complete{}) : std::nullopt;
}

// Answers Describe of what returns no rows.
struct no_data {
  bool operator==(const no_data&) const = default;
};
inline void encode(const no_data& /*m*/, std::string& out) {
  message_writer(backend_type::no_data, out).finish();
}
[[nodiscard]] inline std::optional<no_data> decode_no_data(std::string_view body) {
  return body.empty() ? std::optional<no_data>(no_data{}) : std::nullopt;
}

// Ends an Execute that reached its max_rows.
struct portal_suspended {
  bool operator==(const portal_suspended&) const = default;
};
inline void encode(const portal_suspended& /*m*/, std::string& out) {
  message_writer(backend_type::portal_suspended, out).finish();
}
[[nodiscard]] inline std::optional<portal_suspended> decode_portal_suspended(std::string_view body) {
  return body.empty() ? std::optional<portal_suspended>(portal_suspended{}) : std::nullopt;
}

// Stands for CommandComplete where there was no statement.
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
