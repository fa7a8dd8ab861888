// Every decoder of a message body. What one takes is written again as the same bytes: a message that can be
// read in two ways would let the two sides of the proxy disagree. The helpers of the hot path agree with
// them.
#include <optional>

#include "protocol/wire/backend/authentication.h"
#include "protocol/wire/backend/backend_key_data.h"
#include "protocol/wire/backend/command_complete.h"
#include "protocol/wire/backend/copy_response.h"
#include "protocol/wire/backend/data_row.h"
#include "protocol/wire/backend/error_response.h"
#include "protocol/wire/backend/function_call_response.h"
#include "protocol/wire/backend/negotiate_protocol_version.h"
#include "protocol/wire/backend/no_data.h"
#include "protocol/wire/backend/notification_response.h"
#include "protocol/wire/backend/parameter_description.h"
#include "protocol/wire/backend/parameter_status.h"
#include "protocol/wire/backend/ready_for_query.h"
#include "protocol/wire/backend/row_description.h"
#include "protocol/wire/copy_data.h"
#include "protocol/wire/frame.h"
#include "protocol/wire/frontend/bind.h"
#include "protocol/wire/frontend/cancel_request.h"
#include "protocol/wire/frontend/close.h"
#include "protocol/wire/frontend/copy_fail.h"
#include "protocol/wire/frontend/describe.h"
#include "protocol/wire/frontend/execute.h"
#include "protocol/wire/frontend/function_call.h"
#include "protocol/wire/frontend/parse.h"
#include "protocol/wire/frontend/password.h"
#include "protocol/wire/frontend/query.h"
#include "protocol/wire/frontend/startup_packet.h"
#include "protocol/wire/frontend/startup_request.h"
#include "tests/fuzz/fuzz.h"

namespace pgtandem::fuzz {
namespace {

template <class Message>
std::string encoded(const Message& m) {
  std::string out;
  wire::encode(m, out);
  return out;
}

template <auto Decode>
void typed(std::string_view body) {
  if (const auto m = Decode(body))
    require(encoded(*m).substr(wire::frame_header_size) == body, "written as it was read");
}

template <auto Decode>
void untyped(std::string_view body) {
  if (const auto m = Decode(body)) require(encoded(*m).substr(4) == body, "written as it was read");
}

void error(std::string_view body) {
  const auto m = wire::decode_error_response(body);
  std::string out;
  if (m) {
    wire::encode_error(*m, out);
    require(out.substr(wire::frame_header_size) == body, "written as it was read");
  }
  const auto shifted = wire::shift_error_position(body, 1);
  require(shifted.has_value() == m.has_value(), "an error can be shifted if it can be read");
  if (!shifted) return;
  const auto again = wire::decode_error_response(std::string_view(*shifted).substr(wire::frame_header_size));
  require(again && again->fields.size() == m->fields.size(), "a shifted error keeps its fields");
}

void data_row(std::string_view body) {
  typed<wire::decode_data_row>(body);
  auto full = wire::decode_data_row(body);
  const bool has_column = full && !full->columns.empty();
  std::string out;
  const auto last = wire::data_row_drop_last(body, out);
  require(last.has_value() == has_column, "a row with columns has a last one");
  require(wire::data_row_last(body).has_value() == has_column, "a row with columns has a last one");
  if (!has_column) return;
  require(last->is_null == !full->columns.back().has_value(), "the last column is the last");
  full->columns.pop_back();
  require(out == encoded(*full), "the other columns stay");
}

void row_description(std::string_view body) {
  typed<wire::decode_row_description>(body);
  auto full = wire::decode_row_description(body);
  const bool has_field = full && !full->fields.empty();
  std::string out;
  require(wire::row_description_drop_last(body, out) == has_field,
          "a description with fields has a last one");
  if (!has_field) return;
  full->fields.pop_back();
  require(out == encoded(*full), "the other fields stay");
}

void bind(std::string_view body) {
  typed<wire::decode_bind>(body);
  const auto full = wire::decode_bind(body);
  require(wire::decode_bind_header(body).has_value() == full.has_value(), "both readers take the same Binds");
  if (!full) return;
  std::string out;
  require(wire::encode_with_result_formats(body, full->result_formats, out), "formats can be put in again");
  require(std::string_view(out).substr(wire::frame_header_size) == body, "putting the formats in is exact");
}

using reader = void (*)(std::string_view);
constexpr reader readers[] = {
    bind,
    data_row,
    row_description,
    error,
    typed<wire::decode_query>,
    typed<wire::decode_parse>,
    typed<wire::decode_describe>,
    typed<wire::decode_close>,
    typed<wire::decode_execute>,
    typed<wire::decode_function_call>,
    typed<wire::decode_copy_fail>,
    typed<wire::decode_copy_data>,
    typed<wire::decode_password>,
    typed<wire::decode_authentication>,
    typed<wire::decode_backend_key_data>,
    typed<wire::decode_command_complete>,
    typed<wire::decode_copy_in_response>,
    typed<wire::decode_copy_out_response>,
    typed<wire::decode_copy_both_response>,
    typed<wire::decode_function_call_response>,
    typed<wire::decode_negotiate_protocol_version>,
    typed<wire::decode_no_data>,
    typed<wire::decode_notification_response>,
    typed<wire::decode_parameter_description>,
    typed<wire::decode_parameter_status>,
    typed<wire::decode_ready_for_query>,
    untyped<wire::decode_startup_packet>,
    untyped<wire::decode_cancel_request>,
    untyped<wire::decode_ssl_request>,
    untyped<wire::decode_gssenc_request>,
};

}  // namespace
}  // namespace pgtandem::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace pgtandem::fuzz;
  input in(data, size);
  const auto read = readers[in.below(std::size(readers))];
  read(in.rest());
  return 0;
}
