// BackendKeyData (B): what a CancelRequest for this session must show. Some servers never send it.
// The views point into the bytes it was decoded from, or given to encode, and expire with them.
// Safe from any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "protocol/wire/body_reader.h"
#include "protocol/wire/message_writer.h"
#include "protocol/wire/types.h"

namespace pgtandem::wire {

// Four bytes in protocol 3.0, more from 3.2 on.
inline constexpr std::size_t min_cancel_key_size = 4;
inline constexpr std::size_t max_cancel_key_size = 256;

struct backend_key_data {
  std::int32_t pid = 0;
  std::string_view key;
  bool operator==(const backend_key_data&) const = default;
};

inline void encode(const backend_key_data& m, std::string& out) {
  message_writer w(backend_type::backend_key_data, out);
  w.i32(m.pid);
  w.bytes(m.key);
  w.finish();
}

[[nodiscard]] inline std::optional<backend_key_data> decode_backend_key_data(std::string_view body) {
  body_reader in(body);
  backend_key_data m;
  m.pid = in.i32();
  m.key = in.rest();
  if (m.key.size() < min_cancel_key_size || m.key.size() > max_cancel_key_size) return std::nullopt;
  return decoded(in, std::move(m));
}

}  // namespace pgtandem::wire
