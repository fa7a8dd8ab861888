// The table of configuration keys: the one place that says which keys exist, their types, defaults and
// meaning. The loader reads with it, and docs/configuration.md is printed from it. Immutable; any thread may
// read.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "proxy/config/config.h"

namespace pgtandem::proxy {

enum class value_kind { address, conninfo, patterns, choice, boolean, size, duration, path, count };

// What a value of each kind is read into: address -> listen_address, patterns -> vector, boolean -> bool,
// size and count -> uint64, duration -> milliseconds, the others -> string.
using config_value = std::variant<std::string, bool, std::uint64_t, std::chrono::milliseconds,
                                  std::vector<std::string>, listen_address>;

// Where a value goes; `database` is set below databases.NAME.
struct config_place {
  config& whole;
  database_config* database;
};

struct config_key {
  std::string_view path;  // dotted; NAME stands for a database's name
  value_kind kind;
  std::string_view default_text;  // as written in the file; empty: the key is required
  std::vector<std::string> choices;
  std::string_view help;
  void (*store)(config_place&, config_value&&);
};

[[nodiscard]] std::span<const config_key> config_keys();

// Names that may stand directly below `section` ("" is the top), keys and sections alike, in table order.
[[nodiscard]] std::vector<std::string> names_below(std::string_view section);

// The whole of docs/configuration.md.
[[nodiscard]] std::string config_reference();

}  // namespace pgtandem::proxy
