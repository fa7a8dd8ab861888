// StartupMessage (F): the untyped first packet of a session, called startup packet by the server: version and
// parameters (user, database, options, settings, `_pq_.` extensions).
// The views point into the bytes it was decoded from, or given to encode, and expire with them.
// Safe from any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pgtandem::wire {

inline constexpr std::uint32_t protocol_version_3_0 = 3 << 16;
inline constexpr std::uint32_t protocol_version_3_2 = (3 << 16) | 2;

struct startup_packet {
  std::uint32_t protocol_version = protocol_version_3_0;
  std::vector<std::pair<std::string_view, std::string_view>>
      parameters;  // in the client's order, repeats kept
  bool operator==(const startup_packet&) const = default;

  // The last one of that name: with the server, too, the last one counts.
  [[nodiscard]] std::optional<std::string_view> parameter(std::string_view name) const;
};

void encode(const startup_packet& m, std::string& out);
// `body` follows the length word. Any minor version of 3; other versions have layouts of their own.
[[nodiscard]] std::optional<startup_packet> decode_startup_packet(std::string_view body);

}  // namespace pgtandem::wire
