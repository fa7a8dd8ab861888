// Tries parked keys again from time to time: marks them, so that they are healed, and with them the rows that
// keep them out. Owns a thread between start() and stop(). Thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "outbox/applier/parked_keys.h"
#include "outbox/log/log.h"

namespace pgtandem::reconciler {

class parked_retry {
 public:
  // `parked` says what is parked now; thread-safe.
  parked_retry(outbox::log& log, partition_t partition,
               std::function<std::vector<outbox::parked_key>()> parked);
  ~parked_retry();  // stops
  void start();
  void stop();
  void hasten();  // all of them, soon

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace pgtandem::reconciler
