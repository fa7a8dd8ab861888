// One YAML node into the value that its key asks for. Private to the configuration.
#pragma once

#include <stdexcept>

#include "proxy/config/keys.h"

namespace YAML {
class Node;
}

namespace pgtandem::proxy {

// What is wrong with a value; `line` (from 1) where it is known better than the key's, else 0.
struct value_error : std::runtime_error {
  explicit value_error(const std::string& sentence, int at = 0) : std::runtime_error(sentence), line(at) {}
  int line;
};

// Throws value_error.
[[nodiscard]] config_value read_value(const config_key& key, const YAML::Node& node);

}  // namespace pgtandem::proxy
