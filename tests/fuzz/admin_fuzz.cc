// What comes over the admin socket: queries, requests and replies as JSON, text of any encoding.
#include "proxy/admin/admin_json.h"
#include "proxy/admin/query_string.h"
#include "proxy/admin/utf8.h"
#include "tests/fuzz/fuzz.h"

namespace pgtandem::fuzz {
namespace {

template <auto Read>
void read(std::string_view text) {
  try {
    const auto value = Read(text);
    const std::string json = proxy::to_json(value);
    require(proxy::to_json(Read(json)) == json, "JSON of a struct is read as it was written");
  } catch (const proxy::admin_json_error&) {
  }
}

void check(std::string_view text) {
  (void)proxy::query_parameter(text, "partition");
  require(proxy::query_parameter("/x?v=" + proxy::percent_encode(text), "v") == text,
          "escapes are taken back");
  const std::string valid = proxy::valid_utf8(text);
  require(proxy::valid_utf8(valid) == valid, "what was made valid is valid");
  read<proxy::daemon_status_from_json>(text);
  read<proxy::fence_reply_from_json>(text);
  read<proxy::heal_reply_from_json>(text);
  read<proxy::heal_request_from_json>(text);
  (void)proxy::error_from_json(text);
  require(proxy::error_from_json(proxy::error_json(text)) == valid, "an error's sentence is read again");
}

}  // namespace
}  // namespace pgtandem::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  pgtandem::fuzz::check({reinterpret_cast<const char*>(data), size});
  return 0;
}
