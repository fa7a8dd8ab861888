// Connection strings as key and value. Pure functions; private to this folder.
#pragma once

#include <map>
#include <string>

namespace pgtandem::client {

using conninfo_values = std::map<std::string, std::string>;

// Only what the string itself says. Throws std::invalid_argument with libpq's text.
[[nodiscard]] conninfo_values conninfo_to_values(const std::string& conninfo);
// Adds what every own connection has unless the string says otherwise.
[[nodiscard]] conninfo_values with_connection_defaults(conninfo_values values);

}  // namespace pgtandem::client
