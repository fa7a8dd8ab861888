// Walks the YAML tree along the table of keys: unknown and duplicate keys, types, ranges, defaults.
// What values say about each other is judged after it, in contradictions.h.
#pragma once

#include <map>
#include <string>

#include "proxy/config/config.h"

namespace pgtandem::proxy {

// What was read, and on which line (from 1) each key stands: by "listen", "databases.app.legacy" ...; a
// section that is absent has the line of the one around it.
struct config_source {
  config values;
  std::map<std::string, int> lines;

  // The line of a key, or of the closest section around it.
  [[nodiscard]] int line_of(std::string path) const;
  [[noreturn]] void fail(int line, const std::string& sentence) const;
};

// `file` is the absolute path, `text` its content. Throws config_error.
[[nodiscard]] config_source read_config(const std::string& file, const std::string& text);

}  // namespace pgtandem::proxy
