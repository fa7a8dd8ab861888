// What a session asks its driver to do besides moving bytes. Plain data.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "protocol/change/record.h"
#include "protocol/types.h"

namespace pgtandem::proxy {

// Make the record durable, then call session::on_prepared once.
struct prepare_action {
  change::record record;
};

// The legacy transaction of a durable record ended, and how.
struct decide_action {
  seq_t seq;
  bool committed = false;
};

// The connection broke between the forwarded commit and its answer.
struct in_doubt_action {
  seq_t seq;
};

// Make marks durable that stay unripe until ripen_action names them; then call session::on_marked once.
struct mark_action {
  std::vector<change::mark> marks;
};

// What wrote under these marks has ended.
struct ripen_action {
  std::vector<std::uint64_t> marks;
};

// The connection broke while a statement that wrote under these marks may still run in this backend.
struct orphan_action {
  std::vector<std::uint64_t> marks;
  std::uint32_t backend_pid = 0;
};

// The catalog seems to have changed: load it again soon.
struct refresh_catalog_action {};

using action = std::variant<prepare_action, decide_action, in_doubt_action, mark_action, ripen_action,
                            orphan_action, refresh_catalog_action>;

// The answer to prepare_action.
struct prepare_outcome {
  enum class kind {
    durable,   // forward the commit
    degraded,  // no record, but that fact is durable: forward the commit
    rejected,  // the commit must not happen
  } what = kind::rejected;
  seq_t seq;
  std::string error;
};

}  // namespace pgtandem::proxy
