// Where one message ends and the next begins: type byte, length, body. The meaning of a body is in frontend/
// and backend/. A frame_view points into the bytes it was taken from and expires with them; nothing is owned
// here. Pure functions, safe from any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "protocol/wire/types.h"

namespace pgtandem::wire {

inline constexpr std::size_t frame_header_size = 5;

// PostgreSQL builds and reads bodies below MaxAllocSize (0x3fffffff bytes); the length counts its own four
// bytes as well. Nothing longer can come from a real server or be understood by one.
inline constexpr std::uint32_t max_message_length = 0x3fffffff - 1 + 4;
// What a server takes for messages that carry at most a name (PQ_SMALL_MESSAGE_LIMIT).
inline constexpr std::uint32_t max_small_message_length = 10000;
// The untyped first packet of a connection (MAX_STARTUP_PACKET_LENGTH), with its own length word.
inline constexpr std::uint32_t max_startup_packet_length = 10000 + 4;
// Everything before AuthenticationOk, either way (PG_MAX_AUTH_TOKEN_LENGTH): an unauthenticated peer must not
// be able to make the proxy hold more.
inline constexpr std::uint32_t max_auth_message_length = 65535;

struct frame_view {
  char type = 0;  // 0 for the untyped start-up packets
  std::string_view body;
  std::string_view raw;  // the whole message with its header
};

enum class frame_status { complete, incomplete, malformed };

struct frame_header {
  char type = 0;
  std::uint32_t length = 0;  // counts itself but not the type byte, as on the wire; not checked
  // Bytes of the whole message, type byte included.
  [[nodiscard]] constexpr std::size_t message_size() const { return std::size_t{length} + 1; }
};

// The longest acceptable `length` for a type byte; refused before anything is buffered for it.
using length_limit = std::uint32_t (*)(char type);

[[nodiscard]] constexpr std::uint32_t any_length(char /*type*/) {
  return max_message_length;
}
[[nodiscard]] constexpr std::uint32_t auth_length(char /*type*/) {
  return max_auth_message_length;
}
// What a server accepts from a client that is past authentication.
[[nodiscard]] constexpr std::uint32_t frontend_length(char type) {
  switch (type) {
    case frontend_type::bind:
    case frontend_type::copy_data:
    case frontend_type::function_call:
    case frontend_type::parse:
    case frontend_type::query:
      return max_message_length;
    case frontend_type::password:
      return max_auth_message_length;
    default:
      return max_small_message_length;
  }
}

// nullopt with fewer than frame_header_size bytes.
[[nodiscard]] std::optional<frame_header> peek_header(std::string_view bytes);

// Takes one complete message off the front of `input`; touches neither `input` nor `out` otherwise.
[[nodiscard]] frame_status next_frame(std::string_view& input, frame_view& out,
                                      length_limit limit = any_length);

// The same for the untyped packets that open a connection: StartupMessage, SSLRequest, GSSENCRequest,
// CancelRequest.
[[nodiscard]] frame_status next_startup_frame(std::string_view& input, frame_view& out);

}  // namespace pgtandem::wire
