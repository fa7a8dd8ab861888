// From a key as an operator types it to the canonical key that records carry. Blocking: legacy reads it.
#pragma once

#include <string>

#include "protocol/catalog/relation.h"

namespace pgtandem::proxy {

struct typed_key {
  std::string canonical;
  std::string error;  // what is wrong with the text
};

// `text` is the value of a key of one column, or a JSON object of all key columns. It is read as the columns'
// own types, so 01 and 1 are one integer.
[[nodiscard]] typed_key key_of_text(const std::string& legacy, const catalog::relation& relation,
                                    const std::string& text);

}  // namespace pgtandem::proxy
