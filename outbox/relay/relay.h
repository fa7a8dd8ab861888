// Carries decided records of one partition, in seq order, from the log to the applier (transport `local`).
//
// Publishes a committed record only after legacy has flushed it (invariant 2) under the incarnation that the
// record carries; a record of an earlier incarnation that was not proven flushed is superseded and healed.
// Owns two threads between start() and stop(): one proves what legacy has flushed, one moves records. Trouble
// with either server is retried for ever; see applier.h for what halts. Thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "outbox/applier/applier.h"
#include "outbox/log/log.h"
#include "outbox/relay/legacy_life.h"

namespace pgtandem::outbox {

struct relay_state {
  seq_t applied;  // hwm on the target
  applier_state applier;
};

// Looks at records before they are applied and says in their `passed_over` what must not be; blocks where
// nothing may be applied for now. `refused`: the target's tables did not fit them a moment ago. false:
// stopped.
using record_examiner = std::function<bool(std::vector<stored_record>&, bool refused, std::stop_token)>;

class relay {
 public:
  relay(log& log, legacy_life& legacy, applier_options target, record_examiner examine = {});
  ~relay();  // stops
  void start();
  void stop();
  [[nodiscard]] relay_state state() const;
  [[nodiscard]] std::vector<parked_key> parked() const;  // see applier.h
  void forget_catalog();

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace pgtandem::outbox
