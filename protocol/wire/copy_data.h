// CopyData (F and B): a piece of a COPY stream. Its borders are not row borders.
// The views point into the bytes it was decoded from, or given to encode, and expire with them.
// Safe from any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "protocol/wire/message_writer.h"
#include "protocol/wire/types.h"

namespace pgtandem::wire {

static_assert(frontend_type::copy_data == backend_type::copy_data);

struct copy_data {
  std::string_view data;
  bool operator==(const copy_data&) const = default;
};

inline void encode(const copy_data& m, std::string& out) {
  message_writer w(frontend_type::copy_data, out);
  w.bytes(m.data);
  w.finish();
}

[[nodiscard]] inline std::optional<copy_data> decode_copy_data(std::string_view body) {
  return copy_data{body};
}

}  // namespace pgtandem::wire
