// Bind (F): makes a portal of a prepared statement and its parameters.
// The views point into the bytes it was decoded from, or given to encode, and expire with them.
// Safe from any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pgtandem::wire {

struct bind {
  std::string_view portal;
  std::string_view statement;
  std::vector<std::int16_t> parameter_formats;              // none: all text; one: for all; else one each
  std::vector<std::optional<std::string_view>> parameters;  // nullopt is NULL
  std::vector<std::int16_t> result_formats;                 // as parameter_formats, for the columns
  bool operator==(const bind&) const = default;
};

void encode(const bind& m, std::string& out);
[[nodiscard]] std::optional<bind> decode_bind(std::string_view body);

// A Bind whose parameters are passed on as they are: nothing is copied or allocated for them, however large.
struct bind_header_view {
  std::string_view portal;
  std::string_view statement;
  std::uint16_t parameter_count = 0;
  std::string_view parameters;  // from the count of parameter formats to the end of the last value
  std::vector<std::int16_t> result_formats;
};

// Checks as much as decode_bind does.
[[nodiscard]] std::optional<bind_header_view> decode_bind_header(std::string_view body);

// Appends the Bind with other result formats. `out` must not hold what the view points into.
void encode_with_result_formats(const bind_header_view& m, std::span<const std::int16_t> formats,
                                std::string& out);

// The same from the body; false, and nothing appended, if that is malformed.
bool encode_with_result_formats(std::string_view body, std::span<const std::int16_t> formats,
                                std::string& out);

}  // namespace pgtandem::wire
