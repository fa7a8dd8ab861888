// A key as legacy answers it (catalog::key_expression). Pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "proxy/session/capture/mirrored_catalog.h"

namespace pgtandem::proxy {

// Takes the base64 form off, if it is one; the view is into `captured` or `decoded`. nullopt: it is neither.
[[nodiscard]] std::optional<std::string_view> as_text(std::string_view captured, std::string& decoded);

struct captured_key {
  const catalog::relation* relation = nullptr;  // null: of a table that is not mirrored
  std::string key{};                            // canonical
};

// nullopt: it is none.
[[nodiscard]] std::optional<captured_key> read_key(std::optional<std::string_view> captured,
                                                   const mirrored_catalog& catalog);

}  // namespace pgtandem::proxy
