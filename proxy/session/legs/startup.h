// The first bytes of a client connection: encryption requests, cancel requests, and the start-up packet,
// which is re-addressed to legacy. Sans-I/O.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "protocol/wire/frontend/startup_request.h"
#include "proxy/session/legs/byte_buffer.h"

namespace pgtandem::proxy {

struct startup_need_more {};  // more bytes are needed, or the client has to answer what is in `out`

struct startup_cancel {
  std::uint32_t pid = 0;
  std::string key;
};

struct startup_connect {
  std::string database;      // as configured
  std::string packet;        // what to send to legacy first
  bool replication = false;  // a walsender: passes without being looked into
};

struct startup_refused {};  // `out` says why, if anything; close after sending it

using startup_result = std::variant<startup_need_more, startup_cancel, startup_connect, startup_refused>;

class startup {
 public:
  // What a client's database name selects: legacy's own name for it; nullopt: not configured.
  using route_lookup = std::function<std::optional<std::string>(const std::string& database)>;

  startup(route_lookup routes, std::vector<std::string> configured);

  // Handles what is in `in`, taking it out, and answers into `out`.
  [[nodiscard]] startup_result advance(byte_buffer& in, byte_buffer& out);

 private:
  [[nodiscard]] startup_result on_encryption_request(wire::startup_kind kind, std::string_view body,
                                                     const byte_buffer& in, byte_buffer& out);
  [[nodiscard]] startup_result on_startup_packet(std::string_view body, byte_buffer& out) const;

  bool ssl_declined_ = false;
  bool gssenc_declined_ = false;
  route_lookup routes_;
  std::vector<std::string> configured_;
};

// A FATAL ErrorResponse.
[[nodiscard]] std::string fatal_error(std::string_view sqlstate, const std::string& message,
                                      const std::string& hint = {});

}  // namespace pgtandem::proxy
