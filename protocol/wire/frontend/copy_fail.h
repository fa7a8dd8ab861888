// CopyFail (F): the client gives up a COPY FROM STDIN.
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

struct copy_fail {
  std::string_view reason;
  bool operator==(const copy_fail&) const = default;
};

inline void encode(const copy_fail& m, std::string& out) {
  message_writer w(frontend_type::copy_fail, out);
  w.cstring(m.reason);
  w.finish();
}

[[nodiscard]] inline std::optional<copy_fail> decode_copy_fail(std::string_view body) {
  body_reader in(body);
  copy_fail m;
  m.reason = in.cstring();
  return decoded(in, std::move(m));
}

}  // namespace pgtandem::wire
