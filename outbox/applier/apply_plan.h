// In which steps a run of records is written to the target. Pure functions over plain data.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "outbox/log/log.h"

namespace pgtandem::outbox {

// Rows of one table to upsert or to remove by one statement (or several, if they are large), in this order.
// The pointers are into the records that the plan was made of.
struct apply_step {
  const change::table_name* table = nullptr;
  change::op op = change::op::upsert;
  bool heal = false;  // rows that are equal already are left alone
  std::vector<const change::row_change*> rows;
};

enum class granularity {
  coalesced,  // one last image per key where keys are canonical
  in_order,   // every change by itself, in the order of execution
  replaced,   // all keys removed first, then as coalesced: rows may hand unique values round in a circle
};

// `canonical`: whether equal keys of the table have equal text. Where not, changes are never merged.
// A heal is a stretch of its own between the clients' records.
[[nodiscard]] std::vector<apply_step> make_plan(
    std::span<const stored_record> records, const std::function<bool(const change::table_name&)>& canonical,
    granularity how);

}  // namespace pgtandem::outbox
