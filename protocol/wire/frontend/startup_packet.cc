#include "protocol/wire/frontend/startup_packet.h"

#include <stdexcept>

#include "protocol/wire/body_reader.h"
#include "protocol/wire/message_writer.h"

namespace pgtandem::wire {

std::optional<std::string_view> startup_packet::parameter(std::string_view name) const {
  for (auto it = parameters.rbegin(); it != parameters.rend(); ++it) {
    if (it->first == name) return it->second;
  }
  return std::nullopt;
}

void encode(const startup_packet& m, std::string& out) {
  message_writer w(out);
  w.u32(m.protocol_version);
  for (const auto& [name, value] : m.parameters) {
    if (name.empty()) throw std::invalid_argument("an empty parameter name would end the startup packet");
    w.cstring(name);
    w.cstring(value);
  }
  w.u8('\0');
  w.finish();
}

std::optional<startup_packet> decode_startup_packet(std::string_view body) {
  body_reader in(body);
  startup_packet m;
  m.protocol_version = in.u32();
  if (m.protocol_version >> 16 != 3) return std::nullopt;
  for (std::string_view name = in.cstring(); !name.empty(); name = in.cstring()) {
    m.parameters.emplace_back(name, in.cstring());
  }
  return decoded(in, std::move(m));
}

}  // namespace pgtandem::wire
