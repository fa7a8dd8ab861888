// Which rows of the target keep a row out by a unique or exclusion constraint.
// Blocking reads; throw client::pg_error.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "protocol/catalog/relation.h"
#include "protocol/client/connection.h"

namespace pgtandem::outbox {

// Canonical keys of the rows of `target` that hold what `image` needs by the constraint (or unique index) of
// this name, which may be one of a leaf: a few of them, none where that cannot be told.
[[nodiscard]] std::vector<std::string> rows_in_the_way(client::connection& c, const catalog::relation& target,
                                                       std::string_view image, const std::string& constraint);

}  // namespace pgtandem::outbox
