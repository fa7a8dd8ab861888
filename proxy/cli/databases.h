// Which databases of the configuration a command means. Pure.
#pragma once

#include <string>
#include <vector>

#include "proxy/config/config.h"

namespace pgtandem::proxy {

// `name`, or all of them if it is empty; the pointers live as long as `c`. Throws usage_error for a name that
// is not configured.
[[nodiscard]] std::vector<const database_config*> chosen_databases(const config& c, const std::string& name);

// The one that --database names, or the only one there is. Throws usage_error otherwise.
[[nodiscard]] const database_config& only_database(const config& c, const std::string& name);

// "t" -> "public.t"; names with a schema stay.
[[nodiscard]] std::string with_schema(const std::string& table);

}  // namespace pgtandem::proxy
