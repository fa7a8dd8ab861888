// ErrorResponse and NoticeResponse (B): one layout under two type bytes, and the proxy's own errors and
// notices. The views of error_fields point into the bytes it was decoded from, or given to encode, and expire
// with them; error_report owns its strings. Safe from any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocol/wire/types.h"

namespace pgtandem::wire {

// Field codes as in the manual, "Error and Notice Message Fields".
namespace error_field {
inline constexpr char severity_localized = 'S';
inline constexpr char severity = 'V';
inline constexpr char sqlstate = 'C';
inline constexpr char message = 'M';
inline constexpr char detail = 'D';
inline constexpr char hint = 'H';
inline constexpr char position = 'P';  // in characters of the statement, from 1
inline constexpr char internal_position = 'p';
inline constexpr char internal_query = 'q';
inline constexpr char where = 'W';
inline constexpr char schema_name = 's';
inline constexpr char table_name = 't';
inline constexpr char constraint_name = 'n';
}  // namespace error_field

struct error_fields {
  std::vector<std::pair<char, std::string_view>> fields;  // in the server's order
  bool operator==(const error_fields&) const = default;

  // The first one of that code.
  [[nodiscard]] std::optional<std::string_view> field(char code) const;
};

[[nodiscard]] std::optional<error_fields> decode_error_response(std::string_view body);
[[nodiscard]] std::optional<error_fields> decode_notice_response(std::string_view body);
void encode_error(const error_fields& m, std::string& out);
void encode_notice(const error_fields& m, std::string& out);

// What pgtandem itself has to say. Detail and hint are left out when empty.
struct error_report {
  std::string severity = "ERROR";
  std::string sqlstate = "XX000";
  std::string message;
  std::string detail = {};
  std::string hint = {};
};

// Fields S, V, C, M, D, H. A text is cut at a NUL: reporting an error must not fail over its text.
void encode_error(const error_report& report, std::string& out);
void encode_notice(const error_report& report, std::string& out);

// The whole message again (ErrorResponse, or NoticeResponse by `type`) with the statement position moved, for
// a statement that was rewritten; without the position if that would be before the statement. Everything
// else, including a position that is no number, stays byte for byte. nullopt if the body is malformed.
[[nodiscard]] std::optional<std::string> move_error_position(
    std::string_view body, const std::function<std::int64_t(std::int64_t)>& moved,
    char type = backend_type::error_response);
// The same by a number of characters.
[[nodiscard]] std::optional<std::string> shift_error_position(std::string_view body, std::int32_t delta_chars,
                                                              char type = backend_type::error_response);

}  // namespace pgtandem::wire
