// NegotiateProtocolVersion (B): the server speaks an older minor version, or does not know some `_pq_.`
// options. The views point into the bytes it was decoded from, or given to encode, and expire with them. Safe
// from any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocol/wire/body_reader.h"
#include "protocol/wire/message_writer.h"
#include "protocol/wire/types.h"

namespace pgtandem::wire {

struct negotiate_protocol_version {
  // The manual says the newest minor version; what servers send is the whole version (196608 for 3.0).
  std::uint32_t minor = 0;
  std::vector<std::string_view> options;  // not recognised
  bool operator==(const negotiate_protocol_version&) const = default;
};

inline void encode(const negotiate_protocol_version& m, std::string& out) {
  message_writer w(backend_type::negotiate_protocol_version, out);
  w.u32(m.minor);
  w.u32(static_cast<std::uint32_t>(m.options.size()));
  for (const std::string_view option : m.options) w.cstring(option);
  w.finish();
}

[[nodiscard]] inline std::optional<negotiate_protocol_version> decode_negotiate_protocol_version(
    std::string_view body) {
  body_reader in(body);
  negotiate_protocol_version m;
  m.minor = in.u32();
  const std::uint32_t count = in.u32();
  if (count > in.remaining()) return std::nullopt;  // an option takes at least its NUL
  m.options.reserve(count);
  for (std::uint32_t i = 0; i < count; ++i) m.options.push_back(in.cstring());
  return decoded(in, std::move(m));
}

}  // namespace pgtandem::wire
