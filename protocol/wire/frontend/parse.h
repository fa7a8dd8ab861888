// Parse (F): prepares a statement under a name; the empty name is the unnamed statement.
// The views point into the bytes it was decoded from, or given to encode, and expire with them.
// Safe from any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pgtandem::wire {

struct parse {
  std::string_view statement;
  std::string_view query;
  std::vector<std::uint32_t> parameter_types;  // may be shorter than the statement's parameters; 0 is "infer"
  bool operator==(const parse&) const = default;
};

void encode(const parse& m, std::string& out);
[[nodiscard]] std::optional<parse> decode_parse(std::string_view body);

}  // namespace pgtandem::wire
