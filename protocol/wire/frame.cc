#include "protocol/wire/frame.h"

#include "protocol/wire/byte_order.h"

namespace pgtandem::wire {

namespace {

constexpr std::uint32_t length_size = 4;

frame_status split(std::string_view& input, std::size_t type_size, char type, std::uint32_t length,
                   frame_view& out) {
  const std::size_t size = type_size + length;
  if (input.size() < size) return frame_status::incomplete;
  out.type = type;
  out.raw = input.substr(0, size);
  out.body = out.raw.substr(type_size + length_size);
  input.remove_prefix(size);
  return frame_status::complete;
}

}  // namespace

std::optional<frame_header> peek_header(std::string_view bytes) {
  if (bytes.size() < frame_header_size) return std::nullopt;
  return frame_header{bytes[0], load_be32(bytes.data() + 1)};
}

frame_status next_frame(std::string_view& input, frame_view& out, length_limit limit) {
  const auto header = peek_header(input);
  if (!header) return frame_status::incomplete;
  if (header->length < length_size || header->length > limit(header->type)) return frame_status::malformed;
  return split(input, 1, header->type, header->length, out);
}

frame_status next_startup_frame(std::string_view& input, frame_view& out) {
  if (input.size() < length_size) return frame_status::incomplete;
  const std::uint32_t length = load_be32(input.data());
  // The shortest packet is an SSLRequest: length and code.
  if (length < length_size + 4 || length > max_startup_packet_length) return frame_status::malformed;
  return split(input, 0, '\0', length, out);
}

}  // namespace pgtandem::wire
