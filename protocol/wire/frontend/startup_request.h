// SSLRequest and GSSENCRequest (F), and what an untyped first packet is at all.
// Nothing to own. Safe from any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "protocol/wire/body_reader.h"
#include "protocol/wire/message_writer.h"

namespace pgtandem::wire {

inline constexpr std::uint32_t cancel_request_code = 80877102;
inline constexpr std::uint32_t ssl_request_code = 80877103;
inline constexpr std::uint32_t gssenc_request_code = 80877104;

enum class startup_kind { startup, ssl_request, gssenc_request, cancel_request, unsupported };

// By the first word of the body alone: a packet of some kind may still be malformed. nullopt without that
// word.
[[nodiscard]] inline std::optional<startup_kind> classify_startup(std::string_view body) {
  body_reader in(body);
  const std::uint32_t code = in.u32();
  if (!in.ok()) return std::nullopt;
  if (code == ssl_request_code) return startup_kind::ssl_request;
  if (code == gssenc_request_code) return startup_kind::gssenc_request;
  if (code == cancel_request_code) return startup_kind::cancel_request;
  return code >> 16 == 3 ? startup_kind::startup : startup_kind::unsupported;
}

// Answered by a single byte without header: 'S' and TLS follows, or 'N'.
struct ssl_request {
  bool operator==(const ssl_request&) const = default;
};
inline void encode(const ssl_request& /*m*/, std::string& out) {
  message_writer w(out);
  w.u32(ssl_request_code);
  w.finish();
}
[[nodiscard]] inline std::optional<ssl_request> decode_ssl_request(std::string_view body) {
  body_reader in(body);
  if (in.u32() != ssl_request_code) return std::nullopt;
  return decoded(in, ssl_request{});
}

// Answered by a single byte without header: 'G' and GSSAPI encryption follows, or 'N'.
struct gssenc_request {
  bool operator==(const gssenc_request&) const = default;
};
inline void encode(const gssenc_request& /*m*/, std::string& out) {
  message_writer w(out);
  w.u32(gssenc_request_code);
  w.finish();
}
[[nodiscard]] inline std::optional<gssenc_request> decode_gssenc_request(std::string_view body) {
  body_reader in(body);
  if (in.u32() != gssenc_request_code) return std::nullopt;
  return decoded(in, gssenc_request{});
}

}  // namespace pgtandem::wire
