// Settles records whose commit nobody answered: terminates the backend that held it, waits until it is gone,
// then supersedes the record so that its keys are healed. Owns one thread between start() and stop().
#pragma once

#include <memory>
#include <string>

#include "outbox/log/log.h"
#include "outbox/relay/legacy_life.h"

namespace pgtandem::reconciler {

class settler {
 public:
  settler(outbox::log& log, outbox::legacy_life& legacy, std::string legacy_conninfo, partition_t partition);
  ~settler();  // stops
  void start();
  void stop();
  [[nodiscard]] std::string error() const;  // e.g. a backend that may not be terminated

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace pgtandem::reconciler
