// NotificationResponse (B): a NOTIFY on a channel this session listens to; may come at any time.
// The views point into the bytes it was decoded from, or given to encode, and expire with them.
// Safe from any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "protocol/wire/body_reader.h"
#include "protocol/wire/message_writer.h"
#include "protocol/wire/types.h"

namespace pgtandem::wire {

struct notification_response {
  std::int32_t pid = 0;  // of the backend that notified
  std::string_view channel;
  std::string_view payload;
  bool operator==(const notification_response&) const = default;
};

inline void encode(const notification_response& m, std::string& out) {
  message_writer w(backend_type::notification_response, out);
  w.i32(m.pid);
  w.cstring(m.channel);
  w.cstring(m.payload);
  w.finish();
}

[[nodiscard]] inline std::optional<notification_response> decode_notification_response(
    std::string_view body) {
  body_reader in(body);
  notification_response m;
  m.pid = in.i32();
  m.channel = in.cstring();
  m.payload = in.cstring();
  return decoded(in, std::move(m));
}

}  // namespace pgtandem::wire
