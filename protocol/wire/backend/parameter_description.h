// ParameterDescription (B): the types of a prepared statement's parameters.
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

struct parameter_description {
  std::vector<std::uint32_t> type_oids;
  bool operator==(const parameter_description&) const = default;
};

inline void encode(const parameter_description& m, std::string& out) {
  message_writer w(backend_type::parameter_description, out);
  w.count(m.type_oids.size());
  for (const std::uint32_t oid : m.type_oids) w.u32(oid);
  w.finish();
}

[[nodiscard]] inline std::optional<parameter_description> decode_parameter_description(
    std::string_view body) {
  body_reader in(body);
  parameter_description m;
  const std::uint16_t count = in.count(4);
  m.type_oids.reserve(count);
  for (std::uint16_t i = 0; i < count; ++i) m.type_oids.push_back(in.u32());
  return decoded(in, std::move(m));
}

}  // namespace pgtandem::wire
