// In which steps a run of records is written to the target. Pure functions over plain data.
#pragma once

#include <functional>
#include <set>
#include <span>
#include <vector>

#include "outbox/log/log.h"

namespace pgtandem::outbox {

// Rows of one table to upsert or to remove by one statement (or several, if they are large), in this order;
// or all of its rows to remove, with the change that says so.
// The pointers are into the records that the plan was made of.
struct apply_step {
  const change::table_name* table = nullptr;
  change::op op = change::op::upsert;
  bool heal = false;  // rows that are equal already are left alone
  std::vector<const change::row_change*> rows;
};

// Whether equal keys of the table have equal text. Where not, changes are never merged.
using is_canonical = std::function<bool(const change::table_name&)>;
// Changes that are left out.
using held_back_changes = std::set<const change::row_change*>;

// One last image per key where keys are canonical. A heal is a stretch of its own between the clients'
// records.
[[nodiscard]] std::vector<apply_step> make_plan(std::span<const stored_record> records,
                                                const is_canonical& canonical,
                                                const held_back_changes& held = {});

// Every change, in the order of execution: what follows one another in a table and has different keys is one
// step.
[[nodiscard]] std::vector<apply_step> make_plan_in_order(std::span<const stored_record> records,
                                                         const is_canonical& canonical,
                                                         const held_back_changes& held = {});

}  // namespace pgtandem::outbox
