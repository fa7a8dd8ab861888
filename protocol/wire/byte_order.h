// Big-endian loads and stores, the byte order of every integer on the wire.
// Pure functions over memory of the caller: nothing owned, safe from any thread.
#pragma once

#include <cstdint>

namespace pgtandem::wire {

// Written byte by byte so that no alignment is asked for; compilers make one load and a bswap of it.
[[nodiscard]] inline std::uint16_t load_be16(const char* p) {
  const auto* b = reinterpret_cast<const unsigned char*>(p);
  return static_cast<std::uint16_t>((b[0] << 8) | b[1]);
}

[[nodiscard]] inline std::uint32_t load_be32(const char* p) {
  const auto* b = reinterpret_cast<const unsigned char*>(p);
  return (std::uint32_t{b[0]} << 24) | (std::uint32_t{b[1]} << 16) | (std::uint32_t{b[2]} << 8) | b[3];
}

inline void store_be16(char* p, std::uint16_t v) {
  p[0] = static_cast<char>(v >> 8);
  p[1] = static_cast<char>(v);
}

inline void store_be32(char* p, std::uint32_t v) {
  p[0] = static_cast<char>(v >> 24);
  p[1] = static_cast<char>(v >> 16);
  p[2] = static_cast<char>(v >> 8);
  p[3] = static_cast<char>(v);
}

}  // namespace pgtandem::wire
