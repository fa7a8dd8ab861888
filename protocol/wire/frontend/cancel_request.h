// CancelRequest (F): the only packet of its connection; shows the key that BackendKeyData gave to a session.
// The view points into the bytes it was decoded from, or given to encode, and expires with them.
// Safe from any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "protocol/wire/backend/backend_key_data.h"
#include "protocol/wire/body_reader.h"
#include "protocol/wire/frontend/startup_request.h"
#include "protocol/wire/message_writer.h"

namespace pgtandem::wire {

struct cancel_request {
  std::int32_t pid = 0;
  std::string_view key;  // min_cancel_key_size to max_cancel_key_size bytes
  bool operator==(const cancel_request&) const = default;
};

inline void encode(const cancel_request& m, std::string& out) {
  message_writer w(out);
  w.u32(cancel_request_code);
  w.i32(m.pid);
  w.bytes(m.key);
  w.finish();
}

[[nodiscard]] inline std::optional<cancel_request> decode_cancel_request(std::string_view body) {
  body_reader in(body);
  if (in.u32() != cancel_request_code) return std::nullopt;
  cancel_request m;
  m.pid = in.i32();
  m.key = in.rest();
  if (m.key.size() < min_cancel_key_size || m.key.size() > max_cancel_key_size) return std::nullopt;
  return decoded(in, std::move(m));
}

}  // namespace pgtandem::wire
