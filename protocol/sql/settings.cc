#include "protocol/sql/settings.h"

#include <algorithm>
#include <initializer_list>

#include "protocol/sql/lexical.h"

namespace pgtandem::sql {
namespace {

// The server compares names of settings without case, and SET "ROLE" reaches here unfolded.
bool is_one_of(std::string_view setting, std::initializer_list<std::string_view> names) {
  return std::any_of(names.begin(), names.end(), [&](std::string_view name) {
    return std::equal(name.begin(), name.end(), setting.begin(), setting.end(),
                      [](char a, char b) { return a == fold_ascii(b); });
  });
}

}  // namespace

bool decides_lexing(std::string_view setting) {
  return is_one_of(setting, {"client_encoding", "standard_conforming_strings"});
}

bool decides_names(std::string_view setting) {
  return is_one_of(setting, {"search_path", "role", "session_authorization", "row_security", "datestyle",
                             "intervalstyle", "extra_float_digits", "lc_monetary"});
}

}  // namespace pgtandem::sql
