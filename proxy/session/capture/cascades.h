// What foreign keys make of a statement that is imaged: which other tables it may write, along the graph of
// those that cascade. Pure functions.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>

#include "protocol/catalog/relation.h"
#include "proxy/session/capture/mirrored_catalog.h"
#include "proxy/session/capture/plan.h"

namespace pgtandem::proxy {

// A row's removal, or new values in these columns.
using row_effect = std::optional<std::set<std::string>>;

struct cascade_reach {
  bool certain = true;  // false: code of users, or a table that is not mirrored, may carry it anywhere
  std::set<change::table_name> tables{};
  [[nodiscard]] bool is_empty() const { return certain && tables.empty(); }
};

// What may be written besides where this happens to rows of `relation`.
[[nodiscard]] cascade_reach reach_of(const catalog::relation& relation, const row_effect& effect,
                                     const mirrored_catalog& mirrored);

// `p` of an imaged statement, with what its target's foreign keys add to it now.
[[nodiscard]] std::shared_ptr<const plan> with_cascades(const std::shared_ptr<const plan>& p,
                                                        const mirrored_catalog& mirrored);

}  // namespace pgtandem::proxy
