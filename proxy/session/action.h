// What a session asks its driver to do besides moving bytes. Plain data.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "protocol/change/record.h"
#include "protocol/types.h"
#include "proxy/session/transaction/change_buffer.h"

namespace pgtandem::proxy {

// Make the record durable, then call session::on_prepared once.
struct prepare_action {
  change::record record;
};

// Stage a chunk of a large transaction ahead of its record, then call session::on_staged once.
struct stage_action {
  staged_chunk chunk;
};

// No record will name what was staged there.
struct drop_staging_action {
  staging_t staging;
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

// A transaction of which the session may not see the end.
struct unseen_end {
  xid_t xid;
  std::string gid{};     // it is about to be prepared for two-phase commit by this name; empty: who knows
  bool defines = false;  // what others' names mean, or their statements run, may be another once it commits
};

// Make marks durable, if there are any; then call session::on_marked once. They stay unripe until
// ripen_action names them, or by themselves until that transaction has ended: then on_marked gets none.
struct mark_action {
  std::vector<change::mark> marks;
  std::optional<unseen_end> until{};
  // Only those of tables are needed that were written by what is prepared for two-phase commit by this name,
  // where that can be told.
  std::string of_prepared{};
};

// What wrote under these marks has ended, unless it has prepared a transaction for two-phase commit.
struct ripen_action {
  std::vector<std::uint64_t> marks;
  bool perhaps_prepared = false;
};

// The connection broke while a statement that wrote under these marks may still run in this backend.
struct orphan_action {
  std::vector<std::uint64_t> marks;
  std::uint32_t backend_pid = 0;
};

using action = std::variant<prepare_action, stage_action, drop_staging_action, decide_action, in_doubt_action,
                            mark_action, ripen_action, orphan_action>;

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
