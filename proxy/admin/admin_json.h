// JSON of the admin API's structs (admin_server.h), both ways, from one list of fields each.
// Pure functions. Text that is not UTF-8 is written with U+FFFD in place of each wrong byte.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include "proxy/admin/admin_server.h"

namespace pgtandem::proxy {

// Not JSON, or not of the struct's form.
struct admin_json_error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

[[nodiscard]] std::string to_json(const daemon_status& s);
// {"databases": [{"name", "marks"}]}: the open marks alone.
[[nodiscard]] std::string marks_json(const daemon_status& s);
// {"databases": [{"name", "parked"}]}: what the target refuses alone.
[[nodiscard]] std::string parked_json(const daemon_status& s);
[[nodiscard]] std::string to_json(const fence_reply& r);
[[nodiscard]] std::string to_json(const heal_request& r);
[[nodiscard]] std::string to_json(const heal_reply& r);
[[nodiscard]] std::string to_json(const retry_request& r);
[[nodiscard]] std::string to_json(const retry_reply& r);
// {"error": sentence}
[[nodiscard]] std::string error_json(std::string_view sentence);

// Replies: every field is required, unknown ones are passed over. Throw admin_json_error.
[[nodiscard]] daemon_status daemon_status_from_json(std::string_view text);
[[nodiscard]] fence_reply fence_reply_from_json(std::string_view text);
[[nodiscard]] heal_reply heal_reply_from_json(std::string_view text);
[[nodiscard]] retry_reply retry_reply_from_json(std::string_view text);
// A request: unknown fields are refused, "all" and "keys" may be left out.
[[nodiscard]] heal_request heal_request_from_json(std::string_view text);
[[nodiscard]] retry_request retry_request_from_json(std::string_view text);
// The sentence of error_json; empty if `text` is something else.
[[nodiscard]] std::string error_from_json(std::string_view text);

}  // namespace pgtandem::proxy
