#include "protocol/wire/frontend/parse.h"

#include <utility>

#include "protocol/wire/body_reader.h"
#include "protocol/wire/message_writer.h"
#include "protocol/wire/types.h"

namespace pgtandem::wire {

void encode(const parse& m, std::string& out) {
  message_writer w(frontend_type::parse, out);
  w.cstring(m.statement);
  w.cstring(m.query);
  w.count(m.parameter_types.size());
  for (const std::uint32_t oid : m.parameter_types) w.u32(oid);
  w.finish();
}

std::optional<parse> decode_parse(std::string_view body) {
  body_reader in(body);
  parse m;
  m.statement = in.cstring();
  m.query = in.cstring();
  const std::uint16_t count = in.count(4);
  m.parameter_types.reserve(count);
  for (std::uint16_t i = 0; i < count; ++i) m.parameter_types.push_back(in.u32());
  return decoded(in, std::move(m));
}

}  // namespace pgtandem::wire
