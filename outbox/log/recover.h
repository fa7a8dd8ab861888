// Fills the in-memory state from what a store holds. Reads no record, only their state rows from `low` on.
#pragma once

#include <string>

#include "outbox/log/log_state.h"
#include "outbox/log/store.h"

namespace pgtandem::outbox {

struct recovered {
  std::string id;
  bool created = false;  // the store was empty: an id was made
};

// Throws std::runtime_error. A mark is ripe afterwards if its writer is a decided record, or nobody, or its
// heal has begun. Every undecided record is in doubt.
recovered recover(store& s, const std::string& path, log_state& state);

}  // namespace pgtandem::outbox
