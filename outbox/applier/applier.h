// The only writer of mirrored tables on the target.
//
// apply() writes a run of records and the new hwm in one target transaction: exactly once, by
// (previous seq, seq). Blocking, used by one thread; `state()` is thread-safe. A stop breaks the connection,
// so that no call outlives it because of a server that hangs; whether a transaction cut off so was committed,
// the hwm tells.
#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "outbox/applier/parked_keys.h"
#include "outbox/log/log.h"

namespace pgtandem::outbox {

struct applier_options {
  std::string conninfo;  // target
  std::string outbox_id;
  partition_t partition;
  std::string database;  // as configured, for log lines
  // The changes of a record's i-th chunk; nullopt: they cannot be read.
  std::function<std::optional<std::vector<change::row_change>>(const stored_record&, std::size_t)>
      read_chunk = {};
};

struct applier_state {
  seq_t hwm;
  bool connected = false;
  bool halted = false;      // not retryable: a person is needed
  bool mismatched = false;  // halted because the records do not fit the target's tables: these may be altered
  std::string error;        // last one, empty when all is well
  std::uint64_t retries = 0;
  std::uint64_t rows_applied = 0;
};

class applier {
 public:
  explicit applier(applier_options options);
  ~applier();
  // Connects, creates schema pgtandem if missing, takes a new epoch, reads the hwm. Retries until stop.
  // false: stopped.
  bool start(std::stop_token stop);
  // Applies `records` (those with seq <= hwm are skipped) and moves the hwm from its present place to
  // `through`, retrying with backoff and jitter what is retryable. false: stopped or halted; where
  // state().mismatched says so it may be called again, once the tables or the records are others.
  bool apply(const std::vector<stored_record>& records, seq_t through, std::stop_token stop);
  // The target's tables changed or were created: read the catalog again before the next batch. Thread-safe.
  void forget_catalog();
  [[nodiscard]] applier_state state() const;
  // Keys whose rows the target refuses, as of the last transaction.
  [[nodiscard]] std::vector<parked_key> parked() const;

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace pgtandem::outbox
