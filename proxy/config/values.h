// Values of the configuration file and of the command line: sizes, durations, addresses.
// Pure functions without state.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "proxy/config/config.h"

namespace pgtandem::proxy {

// 2GiB, 512MiB, 64KiB or plain bytes. nullopt: not a size, or more than 64 bits hold.
[[nodiscard]] std::optional<std::uint64_t> parse_size(std::string_view text);

// 30s, 500ms, 5m, 2h: a unit is required. nullopt: not a duration, or longer than a year.
[[nodiscard]] std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

// What is wrong with an address, one sentence.
struct address_error {
  std::string sentence;
};
// 127.0.0.1:6543, localhost:6543 (stored as 127.0.0.1), [::1]:6543. Other names are refused: what is listened
// on must not depend on a resolver.
[[nodiscard]] std::variant<listen_address, address_error> parse_listen_address(std::string_view text);

[[nodiscard]] bool is_loopback(const listen_address& a);
// Whether both cannot be bound at once: one port (0 never collides), and one host or a wildcard.
[[nodiscard]] bool collide(const listen_address& a, const listen_address& b);
// host:port, with brackets around IPv6.
[[nodiscard]] std::string to_string(const listen_address& a);

}  // namespace pgtandem::proxy
