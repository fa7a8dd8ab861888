// A byte stream cut into messages: however it arrives in pieces, the messages are the same, and no length
// makes the reader hold more than what came.
#include <vector>

#include "protocol/wire/frame_reader.h"
#include "tests/fuzz/fuzz.h"

namespace pgtandem::fuzz {
namespace {

constexpr std::size_t slack = 64 * 1024;

struct cut {
  std::vector<std::string> messages;
  bool malformed = false;
};

cut at_once(std::string_view stream, wire::length_limit limit, bool startup) {
  cut result;
  wire::frame_view f;
  wire::frame_status status = wire::frame_status::complete;
  if (startup) {
    status = wire::next_startup_frame(stream, f);
    if (status == wire::frame_status::complete) result.messages.emplace_back(f.raw);
  }
  while (status == wire::frame_status::complete) {
    status = wire::next_frame(stream, f, limit);
    if (status == wire::frame_status::complete) {
      require(f.type == f.raw[0], "a frame begins with its type");
      require(f.body.data() + f.body.size() == f.raw.data() + f.raw.size(), "a body ends its frame");
      result.messages.emplace_back(f.raw);
    }
  }
  result.malformed = status == wire::frame_status::malformed;
  return result;
}

cut in_pieces(std::string_view stream, wire::length_limit limit, bool startup, input& sizes) {
  wire::frame_reader reader(limit);
  cut result;
  wire::frame_view f;
  while (!stream.empty()) {
    const std::size_t n = std::min<std::size_t>(1 + sizes.byte(), stream.size());
    reader.append(stream.substr(0, n));
    stream.remove_prefix(n);
    if (startup && reader.next_startup(f)) {
      result.messages.emplace_back(f.raw);
      startup = false;
    }
    while (!startup && reader.next(f)) result.messages.emplace_back(f.raw);
    require(reader.capacity() <= 4 * reader.buffered() + slack, "memory follows what came");
  }
  result.malformed = reader.malformed();
  return result;
}

}  // namespace
}  // namespace pgtandem::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace pgtandem;
  fuzz::input in(data, size);
  constexpr wire::length_limit limits[] = {wire::any_length, wire::auth_length, wire::frontend_length};
  const wire::length_limit limit = limits[in.below(std::size(limits))];
  const bool startup = in.below(2) == 1;
  const std::string sizes(in.text());
  fuzz::input pieces(reinterpret_cast<const std::uint8_t*>(sizes.data()), sizes.size());
  const auto whole = fuzz::at_once(in.rest(), limit, startup);
  const auto parts = fuzz::in_pieces(in.rest(), limit, startup, pieces);
  fuzz::require(whole.messages == parts.messages, "pieces make the same messages");
  fuzz::require(whole.malformed == parts.malformed, "pieces are as malformed as the whole");
  return 0;
}
