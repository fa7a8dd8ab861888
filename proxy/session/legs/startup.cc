#include "proxy/session/legs/startup.h"

#include <algorithm>
#include <array>
#include <utility>

#include "protocol/wire/backend/error_response.h"
#include "protocol/wire/body_reader.h"
#include "protocol/wire/frame.h"
#include "protocol/wire/frontend/cancel_request.h"
#include "protocol/wire/frontend/startup_packet.h"

namespace pgtandem::proxy {
namespace {

// Legacy must notice that pgtandem's host is gone, also while it waits for a held Sync, when none of its own
// time-outs fires. Seconds and milliseconds as in PostgreSQL's manual.
constexpr std::array<std::pair<std::string_view, std::string_view>, 4> keepalives{{
    {"tcp_keepalives_idle", "30"},
    {"tcp_keepalives_interval", "10"},
    {"tcp_keepalives_count", "3"},
    {"tcp_user_timeout", "60000"},
}};

bool is_true(std::string_view value) {
  std::string lower(value);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
  return lower == "true" || lower == "on" || lower == "yes" || lower == "1";
}

startup_result refuse(byte_buffer& out, std::string_view sqlstate, const std::string& message,
                      const std::string& hint = {}) {
  out.append(fatal_error(sqlstate, message, hint));
  return startup_refused{};
}

startup_result unsupported_protocol(std::string_view body, byte_buffer& out) {
  wire::body_reader in(body);
  const std::uint32_t version = in.u32();
  if (!in.ok()) return startup_refused{};
  return refuse(out, "0A000",
                "unsupported frontend protocol " + std::to_string(version >> 16) + "." +
                    std::to_string(version & 0xffff) + ": server supports 3.0 to 3.0");
}

}  // namespace

std::string fatal_error(std::string_view sqlstate, const std::string& message, const std::string& hint) {
  std::string bytes;
  wire::encode_error(
      wire::error_report{
          .severity = "FATAL", .sqlstate = std::string(sqlstate), .message = message, .hint = hint},
      bytes);
  return bytes;
}

startup::startup(route_lookup routes, std::vector<std::string> configured)
    : routes_(std::move(routes)), configured_(std::move(configured)) {}

startup_result startup::advance(byte_buffer& in, byte_buffer& out) {
  for (;;) {
    std::string_view rest = in.data();
    wire::frame_view f;
    switch (wire::next_startup_frame(rest, f)) {
      case wire::frame_status::incomplete:
        return startup_need_more{};
      case wire::frame_status::malformed:
        return startup_refused{};  // this is not a PostgreSQL client; perhaps it begins with TLS
      case wire::frame_status::complete:
        break;
    }
    const std::string body(f.body);
    in.consume(f.raw.size());
    const auto kind = wire::classify_startup(body).value_or(wire::startup_kind::unsupported);
    switch (kind) {
      case wire::startup_kind::ssl_request:
      case wire::startup_kind::gssenc_request:
        return on_encryption_request(kind, body, in, out);
      case wire::startup_kind::cancel_request: {
        const auto m = wire::decode_cancel_request(body);
        if (!m) return startup_refused{};
        return startup_cancel{static_cast<std::uint32_t>(m->pid), std::string(m->key)};
      }
      case wire::startup_kind::startup:
        return on_startup_packet(body, out);
      case wire::startup_kind::unsupported:
        return unsupported_protocol(body, out);
    }
  }
}

startup_result startup::on_encryption_request(wire::startup_kind kind, std::string_view body,
                                              const byte_buffer& in, byte_buffer& out) {
  const bool ssl = kind == wire::startup_kind::ssl_request;
  if (std::exchange(ssl ? ssl_declined_ : gssenc_declined_, true)) return unsupported_protocol(body, out);
  out.append("N");
  if (in.empty()) return startup_need_more{};
  // Bytes that came before the answer may have been slipped in by somebody between us.
  std::string bytes;
  wire::encode_error(
      wire::error_report{.severity = "FATAL",
                         .sqlstate = "08P01",
                         .message = std::string("received unencrypted data after ") +
                                    (ssl ? "SSL" : "GSSAPI encryption") + " request",
                         .detail = "This could be either a client-software bug or evidence of an attempted "
                                   "man-in-the-middle attack."},
      bytes);
  out.append(bytes);
  return startup_refused{};
}

startup_result startup::on_startup_packet(std::string_view body, byte_buffer& out) const {
  const auto m = wire::decode_startup_packet(body);
  if (!m) return refuse(out, "08P01", "invalid startup packet layout: expected terminator as last byte");
  const auto user = m->parameter("user");
  if (!user || user->empty())
    return refuse(out, "28000", "no PostgreSQL user name specified in startup packet");
  const auto named = m->parameter("database");
  const std::string database(named && !named->empty() ? *named : *user);
  const auto route = routes_(database);
  if (!route) {
    std::string names;
    for (const auto& name : configured_) names += (names.empty() ? "\"" : ", \"") + name + "\"";
    return refuse(out, "3D000", "database \"" + database + "\" is not configured in pgtandem",
                  "Configured databases: " + names + ".");
  }
  startup_connect connect{.database = database, .packet = {}, .replication = false};
  if (const auto replication = m->parameter("replication")) {
    connect.replication = *replication == "database";
    if (is_true(*replication))
      return refuse(out, "0A000", "physical replication connections do not pass through pgtandem",
                    "Connect to the legacy server itself.");
  }
  wire::startup_packet packet;
  packet.protocol_version = m->protocol_version;
  for (const auto& p : m->parameters)
    if (p.first != "database") packet.parameters.push_back(p);
  packet.parameters.emplace_back("database", *route);
  for (const auto& p : keepalives)
    if (!m->parameter(p.first)) packet.parameters.push_back(p);
  wire::encode(packet, connect.packet);
  return connect;
}

}  // namespace pgtandem::proxy
