// FunctionCallResponse (B): the result of a fast-path call.
// The views point into the bytes it was decoded from, or given to encode, and expire with them.
// Safe from any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "protocol/wire/body_reader.h"
#include "protocol/wire/message_writer.h"
#include "protocol/wire/types.h"

namespace pgtandem::wire {

struct function_call_response {
  std::optional<std::string_view> result;  // nullopt is NULL
  bool operator==(const function_call_response&) const = default;
};

inline void encode(const function_call_response& m, std::string& out) {
  message_writer w(backend_type::function_call_response, out);
  w.value(m.result);
  w.finish();
}

[[nodiscard]] inline std::optional<function_call_response> decode_function_call_response(
    std::string_view body) {
  body_reader in(body);
  function_call_response m;
  m.result = in.value();
  return decoded(in, std::move(m));
}

}  // namespace pgtandem::wire
