// Names of tables for people.
#pragma once

#include <string>

#include "protocol/change/record.h"

namespace pgtandem::change {

[[nodiscard]] inline std::string display(const table_name& t) {
  return t.schema + "." + t.name;
}

}  // namespace pgtandem::change
