// What an error of the target means for what was to be written. Pure.
#pragma once

#include <stdexcept>
#include <string>

#include "protocol/client/connection.h"

namespace pgtandem::outbox {

// A person is needed; says why, and nothing of a row, not even its key.
class halt : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Whether the target's catalog may have changed since it was read: missing tables, columns, types, indexes.
[[nodiscard]] bool is_schema_error(const client::pg_error& e);
// Whether a new attempt may succeed: what pg_error says, and a server that is read-only while it fails over.
[[nodiscard]] bool is_worth_retrying(const client::pg_error& e);
// Whether it is about values of a row: constraints, ranges, lengths, what a trigger says. Others may be
// taken.
[[nodiscard]] bool is_row_refusal(const client::pg_error& e);
// Of a unique or an exclusion constraint: in another order, or once another row has gone, it may be taken.
[[nodiscard]] bool is_unique_conflict(const client::pg_error& e);

}  // namespace pgtandem::outbox
