// FunctionCall (F): the fast-path call of a function by OID. The arguments are passed on unread.
// The views point into the bytes it was decoded from, or given to encode, and expire with them.
// Safe from any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "protocol/wire/body_reader.h"
#include "protocol/wire/message_writer.h"
#include "protocol/wire/types.h"

namespace pgtandem::wire {

struct function_call {
  std::uint32_t function_oid = 0;
  std::string_view arguments;  // formats, values and result format as they came
  bool operator==(const function_call&) const = default;
};

inline void encode(const function_call& m, std::string& out) {
  message_writer w(frontend_type::function_call, out);
  w.u32(m.function_oid);
  w.bytes(m.arguments);
  w.finish();
}

[[nodiscard]] inline std::optional<function_call> decode_function_call(std::string_view body) {
  body_reader in(body);
  function_call m;
  m.function_oid = in.u32();
  m.arguments = in.rest();
  return decoded(in, std::move(m));
}

}  // namespace pgtandem::wire
