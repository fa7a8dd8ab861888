// What values of the configuration say about each other, and what connection strings name. Private to it.
#pragma once

#include "proxy/config/reader.h"

namespace pgtandem::proxy {

// Throws config_error with the line of the value that contradicts.
void refuse_contradictions(const config_source& source);

}  // namespace pgtandem::proxy
