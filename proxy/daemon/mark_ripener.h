// Marks whose writer is not a record: they become ripe once nothing that wrote under them can still be at
// work. Owns one thread and one connection to legacy between start() and stop(). Thread-safe.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "outbox/log/log.h"

namespace pgtandem::proxy {

class mark_ripener {
 public:
  mark_ripener(outbox::log& log, std::string legacy);
  ~mark_ripener();  // stops
  void start();
  void stop();
  // Ripe once every transaction that runs on legacy at some moment after this call has ended.
  void after_present_transactions(std::vector<outbox::mark_id> marks);
  // Ripe once this backend, or whoever had its pid when this was called, is gone.
  void after_backend(std::vector<outbox::mark_id> marks, std::uint32_t pid);

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace pgtandem::proxy
