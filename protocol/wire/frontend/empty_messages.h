// Sync, Flush and Terminate (F): messages without a body.
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

// Ends an implicit transaction, or an error's skipping; asks for ReadyForQuery.
struct sync {
  bool operator==(const sync&) const = default;
};
inline void encode(const sync& /*m*/, std::string& out) {
  message_writer(frontend_type::sync, out).finish();
}
[[nodiscard]] inline std::optional<sync> decode_sync(std::string_view body) {
  return body.empty() ? std::optional<sync>(sync{}) : std::nullopt;
}

// Asks for what is answered already, without ending anything.
struct flush {
  bool operator==(const flush&) const = default;
};
inline void encode(const flush& /*m*/, std::string& out) {
  message_writer(frontend_type::flush, out).finish();
}
[[nodiscard]] inline std::optional<flush> decode_flush(std::string_view body) {
  return body.empty() ? std::optional<flush>(flush{}) : std::nullopt;
}

// The client says goodbye.
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
