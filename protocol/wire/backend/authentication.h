// Authentication* (B): every message of type 'R', told apart by a code. Relayed; the data is not looked into.
// The views point into the bytes it was decoded from, or given to encode, and expire with them.
// Safe from any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "protocol/wire/body_reader.h"
#include "protocol/wire/message_writer.h"
#include "protocol/wire/types.h"

namespace pgtandem::wire {

namespace authentication_code {
inline constexpr std::int32_t ok = 0;
inline constexpr std::int32_t kerberos_v5 = 2;
inline constexpr std::int32_t cleartext = 3;
inline constexpr std::int32_t md5 = 5;
inline constexpr std::int32_t gss = 7;
inline constexpr std::int32_t gss_continue = 8;
inline constexpr std::int32_t sspi = 9;
inline constexpr std::int32_t sasl = 10;
inline constexpr std::int32_t sasl_continue = 11;
inline constexpr std::int32_t sasl_final = 12;
}  // namespace authentication_code

struct authentication {
  std::int32_t code = authentication_code::ok;
  std::string_view data;  // salt, mechanisms or challenge, by code
  bool operator==(const authentication&) const = default;
};

inline void encode(const authentication& m, std::string& out) {
  message_writer w(backend_type::authentication, out);
  w.i32(m.code);
  w.bytes(m.data);
  w.finish();
}

// How much data a code must bring; nullopt where that is its own business or the code is unknown here.
[[nodiscard]] constexpr std::optional<std::size_t> authentication_data_size(std::int32_t code) {
  switch (code) {
    case authentication_code::ok:
    case authentication_code::kerberos_v5:
    case authentication_code::cleartext:
    case authentication_code::gss:
    case authentication_code::sspi:
      return 0;
    case authentication_code::md5:
      return 4;
    default:
      return std::nullopt;
  }
}

[[nodiscard]] inline std::optional<authentication> decode_authentication(std::string_view body) {
  body_reader in(body);
  authentication m;
  m.code = in.i32();
  m.data = in.rest();
  const auto size = authentication_data_size(m.code);
  if (size && *size != m.data.size()) return std::nullopt;
  return decoded(in, std::move(m));
}

}  // namespace pgtandem::wire
