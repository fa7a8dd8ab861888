// CopyInResponse, CopyOutResponse and CopyBothResponse (B): one layout under three type bytes.
// Owns its list.
// Safe from any thread.
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

struct copy_response {
  char overall_format = 0;  // 0 text, 1 binary
  std::vector<std::int16_t> column_formats;
  bool operator==(const copy_response&) const = default;
};

inline void encode_copy_response(char type, const copy_response& m, std::string& out) {
  message_writer w(type, out);
  w.u8(m.overall_format);
  w.count(m.column_formats.size());
  for (const std::int16_t format : m.column_formats) w.i16(format);
  w.finish();
}

template <class Message>
[[nodiscard]] std::optional<Message> decode_copy_response(std::string_view body) {
  body_reader in(body);
  Message m;
  m.overall_format = in.u8();
  const std::uint16_t count = in.count(2);
  m.column_formats.reserve(count);
  for (std::uint16_t i = 0; i < count; ++i) m.column_formats.push_back(in.i16());
  return decoded(in, std::move(m));
}

// The server now takes CopyData.
struct copy_in_response : copy_response {};
inline void encode(const copy_in_response& m, std::string& out) {
  encode_copy_response(backend_type::copy_in_response, m, out);
}
[[nodiscard]] inline std::optional<copy_in_response> decode_copy_in_response(std::string_view body) {
  return decode_copy_response<copy_in_response>(body);
}

// The server now sends CopyData.
struct copy_out_response : copy_response {};
inline void encode(const copy_out_response& m, std::string& out) {
  encode_copy_response(backend_type::copy_out_response, m, out);
}
[[nodiscard]] inline std::optional<copy_out_response> decode_copy_out_response(std::string_view body) {
  return decode_copy_response<copy_out_response>(body);
}

// Both at once; replication only.
struct copy_both_response : copy_response {};
inline void encode(const copy_both_response& m, std::string& out) {
  encode_copy_response(backend_type::copy_both_response, m, out);
}
[[nodiscard]] inline std::optional<copy_both_response> decode_copy_both_response(std::string_view body) {
  return decode_copy_response<copy_both_response>(body);
}

}  // namespace pgtandem::wire
