// CopyDone (F and B): the end of a COPY stream.
// Has no body, nothing to own.
// Safe from any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "protocol/wire/message_writer.h"
#include "protocol/wire/types.h"

namespace pgtandem::wire {

static_assert(frontend_type::copy_done == backend_type::copy_done);

struct copy_done {
  bool operator==(const copy_done&) const = default;
};
inline void encode(const copy_done& /*m*/, std::string& out) {
  message_writer(frontend_type::copy_done, out).finish();
}
[[nodiscard]] inline std::optional<copy_done> decode_copy_done(std::string_view body) {
  return body.empty() ? std::optional<copy_done>(copy_done{}) : std::nullopt;
}

}  // namespace pgtandem::wire
