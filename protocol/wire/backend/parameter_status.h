// ParameterStatus (B): a reported setting and its value; comes at start-up and after any change.
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

struct parameter_status {
  std::string_view name;
  std::string_view value;
  bool operator==(const parameter_status&) const = default;
};

inline void encode(const parameter_status& m, std::string& out) {
  message_writer w(backend_type::parameter_status, out);
  w.cstring(m.name);
  w.cstring(m.value);
  w.finish();
}

[[nodiscard]] inline std::optional<parameter_status> decode_parameter_status(std::string_view body) {
  body_reader in(body);
  parameter_status m;
  m.name = in.cstring();
  m.value = in.cstring();
  return decoded(in, std::move(m));
}

}  // namespace pgtandem::wire
