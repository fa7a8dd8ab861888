// The first bytes of a connection: whatever a stranger sends, in whatever pieces, is answered alike, and what
// is sent on to legacy is a start-up packet that keeps the client's parameters.
#include "protocol/wire/frame.h"
#include "protocol/wire/frontend/startup_packet.h"
#include "proxy/session/legs/startup.h"
#include "tests/fuzz/fuzz.h"

namespace pgtandem::fuzz {
namespace {

struct outcome {
  std::size_t kind = 0;
  std::string text;  // of a connect: the packet; of a cancel: its key
  std::string answer;
  friend bool operator==(const outcome&, const outcome&) = default;
};

outcome open(std::string_view stream, std::size_t piece) {
  proxy::startup s(
      [](const std::string& name) {
        return name == "app" ? std::optional<std::string>("legacy_app") : std::nullopt;
      },
      {"app"});
  proxy::byte_buffer in, out;
  proxy::startup_result result;
  while (!stream.empty() && std::holds_alternative<proxy::startup_need_more>(result)) {
    in.append(stream.substr(0, piece));
    stream.remove_prefix(std::min(piece, stream.size()));
    result = s.advance(in, out);
  }
  outcome o{result.index(), {}, std::string(out.data())};
  if (const auto* connect = std::get_if<proxy::startup_connect>(&result)) o.text = connect->packet;
  if (const auto* cancel = std::get_if<proxy::startup_cancel>(&result)) o.text = cancel->key;
  return o;
}

void check_packet(std::string_view sent) {
  wire::frame_view f;
  require(wire::next_startup_frame(sent, f) == wire::frame_status::complete && sent.empty(),
          "legacy is sent one packet");
  const auto m = wire::decode_startup_packet(f.body);
  require(m.has_value(), "legacy can read the packet");
  require(m->parameter("database") == "legacy_app", "the database is legacy's name for it");
  require(m->parameter("user").has_value(), "the user stays");
}

}  // namespace
}  // namespace pgtandem::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace pgtandem::fuzz;
  input in(data, size);
  const std::size_t piece = 1 + in.byte();
  const auto parts = open(in.rest(), piece);
  const auto single = open(in.rest(), 1);
  // Bytes behind an encryption request are refused if they came with it: there pieces make a difference.
  if (parts.answer.find("unencrypted") == std::string::npos) require(parts == single, "pieces do not matter");
  if (parts.kind == 2) check_packet(parts.text);
  return 0;
}
