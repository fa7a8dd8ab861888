// Query (F): one or more statements of the simple protocol.
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

struct query {
  std::string_view text;
  bool operator==(const query&) const = default;
};

inline void encode(const query& m, std::string& out) {
  message_writer w(frontend_type::query, out);
  w.cstring(m.text);
  w.finish();
}

[[nodiscard]] inline std::optional<query> decode_query(std::string_view body) {
  body_reader in(body);
  query m;
  m.text = in.cstring();
  return decoded(in, std::move(m));
}

}  // namespace pgtandem::wire
