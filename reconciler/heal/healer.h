// The one primitive behind backfill, repair, marks and doubt: re-reads rows from legacy and orders them in
// the log like a change (docs/design.md, "Heal"). Owns a thread that works off ripe marks between start() and
// stop(); trouble is retried with backoff for ever. Thread-safe.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "outbox/log/log.h"
#include "outbox/relay/legacy_life.h"
#include "protocol/catalog/load.h"

namespace pgtandem::reconciler {

struct healer_options {
  std::string legacy;  // conninfo
  std::string target;  // conninfo
  partition_t partition;
  catalog::table_filter filter;
  std::uint32_t rows_per_window = 2000;
  // Between two windows of a table pass that is longer than a few of them: 50 windows a second.
  std::chrono::milliseconds pause{20};
  // The last seq applied on the target (relay::state().applied). Rows that the target has too many are looked
  // for only after it has passed everything prepared before: a row still on its way would be missed
  // otherwise. Required; thread-safe.
  std::function<seq_t()> applied;
};

struct heal_progress {
  change::table_name table;
  std::uint64_t rows_read = 0;
  std::uint64_t rows_written = 0;
  // Of the pass over the table that is under way, or was the last: rows read, and as many as there may be.
  std::uint64_t pass_rows = 0;
  std::uint64_t pass_estimate = 0;
  std::uint64_t pass_resumed = 0;  // of pass_rows: read before a restart, behind them the pass went on
  bool running = false;
  std::string error;
};

class healer {
 public:
  healer(outbox::log& log, outbox::legacy_life& legacy, healer_options options);
  ~healer();  // stops
  void start();
  void stop();
  // One entry per table healed since start, the newest state of each.
  [[nodiscard]] std::vector<heal_progress> progress() const;
  [[nodiscard]] std::string error() const;  // last trouble, empty when all is well

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace pgtandem::reconciler
