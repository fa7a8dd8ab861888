#include "proxy/config/values.h"

#include <arpa/inet.h>

#include <array>
#include <charconv>
#include <limits>
#include <utility>

namespace pgtandem::proxy {
namespace {

struct number_with_unit {
  std::uint64_t number = 0;
  std::string_view unit;
};

std::optional<number_with_unit> split_unit(std::string_view text) {
  number_with_unit r;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), r.number);
  if (error != std::errc{}) return std::nullopt;
  r.unit = text.substr(static_cast<std::size_t>(end - text.data()));
  return r;
}

// A binary address of either family: 4 or 16 bytes.
std::optional<std::string> binary_address(const std::string& host) {
  std::array<char, 16> bytes{};
  if (inet_pton(AF_INET, host.c_str(), bytes.data()) == 1) return std::string(bytes.data(), 4);
  if (inet_pton(AF_INET6, host.c_str(), bytes.data()) == 1) return std::string(bytes.data(), 16);
  return std::nullopt;
}

bool is_wildcard(const std::string& binary) {
  return binary.find_first_not_of('\0') == std::string::npos;
}

}  // namespace

std::optional<std::uint64_t> parse_size(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, unsigned>, 6> units{
      {{"", 0}, {"B", 0}, {"KiB", 10}, {"MiB", 20}, {"GiB", 30}, {"TiB", 40}}};
  auto split = split_unit(text);
  if (!split) return std::nullopt;
  for (auto [unit, shift] : units) {
    if (split->unit != unit) continue;
    if (split->number > (std::numeric_limits<std::uint64_t>::max() >> shift)) return std::nullopt;
    return split->number << shift;
  }
  return std::nullopt;
}

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, std::uint64_t>, 4> units{
      {{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}}};
  constexpr std::uint64_t year_ms = 366ULL * 24 * 3'600'000;
  auto split = split_unit(text);
  if (!split) return std::nullopt;
  for (auto [unit, ms] : units) {
    if (split->unit != unit) continue;
    if (split->number > year_ms / ms) return std::nullopt;
    return std::chrono::milliseconds(split->number * ms);
  }
  return std::nullopt;
}

std::variant<listen_address, address_error> parse_listen_address(std::string_view text) {
  const std::string quoted = "\"" + std::string(text) + "\"";
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0)
    return address_error{quoted + " is not host:port, for instance 127.0.0.1:6543"};
  std::string_view host = text.substr(0, colon);
  const std::string_view port = text.substr(colon + 1);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);

  listen_address r;
  auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), r.port);
  if (port.empty() || error != std::errc{} || end != port.data() + port.size())
    return address_error{quoted + " does not end with a port from 0 to 65535"};
  r.host = host == "localhost" && !bracketed ? "127.0.0.1" : std::string(host);
  auto binary = binary_address(r.host);
  if (!binary)
    return address_error{quoted + " names a host; write an IP address (or localhost, or 0.0.0.0 for all)"};
  if (bracketed != (binary->size() == 16))
    return address_error{quoted + (bracketed ? " has brackets around an IPv4 address"
                                             : " needs brackets around the IPv6 address: \"[::1]:6543\"")};
  return r;
}

bool is_loopback(const listen_address& a) {
  const auto binary = binary_address(a.host);
  if (!binary) return false;
  if (binary->size() == 4) return binary->front() == 127;
  return *binary == std::string(15, '\0') + '\1';
}

bool collide(const listen_address& a, const listen_address& b) {
  if (a.port != b.port || a.port == 0) return false;
  const auto left = binary_address(a.host);
  const auto right = binary_address(b.host);
  if (!left || !right) return a.host == b.host;
  return *left == *right || is_wildcard(*left) || is_wildcard(*right);
}

std::string to_string(const listen_address& a) {
  const bool v6 = a.host.find(':') != std::string::npos;
  return (v6 ? "[" + a.host + "]" : a.host) + ":" + std::to_string(a.port);
}

}  // namespace pgtandem::proxy
