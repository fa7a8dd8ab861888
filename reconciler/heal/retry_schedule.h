// When parked keys are to be healed again: pure bookkeeping. Not thread-safe.
#pragma once

#include <chrono>
#include <map>
#include <vector>

#include "outbox/applier/parked_keys.h"

namespace pgtandem::reconciler {

class retry_schedule {
 public:
  using clock = std::chrono::steady_clock;

  // Those of the keys parked now that are due. Each is due again after a pause that doubles, whether the heal
  // has reached the target meanwhile or not. One that another row keeps out is due at once, and that row is
  // healed too.
  [[nodiscard]] std::vector<outbox::parked_key> due(const std::vector<outbox::parked_key>& parked,
                                                    clock::time_point now);
  // Somebody has made the target ready: everything is due.
  void hasten();

 private:
  struct entry {
    std::uint32_t attempts = 0;
    clock::time_point due;
  };
  std::map<std::uint64_t, entry> entries_;  // by id
};

}  // namespace pgtandem::reconciler
