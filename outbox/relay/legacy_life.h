// Which life of which server, and whether what it acknowledged would survive its next crash.
//
// An incarnation names system identifier, timeline, postmaster start and checkpointer start (a crash restart
// changes only the last). Where the role may not see the checkpointer (it lacks pg_monitor) the own
// connection stands for it: a crash ends that, too, and other ends of it only cause heals. Thread-safe; owns
// one connection to legacy that it reopens with backoff.
#pragma once

#include <memory>
#include <stop_token>
#include <string>

#include "protocol/types.h"

namespace pgtandem::outbox {

class legacy_life {
 public:
  explicit legacy_life(std::string conninfo);
  ~legacy_life();
  // The incarnation last seen, connecting if it was never seen; "" while legacy has never been reached.
  // A session asks before its own backend is connected: an older one is safe, it only causes a heal.
  [[nodiscard]] std::string current();
  // The same without connecting or waiting for anybody.
  [[nodiscard]] std::string last_seen() const;
  // Reads legacy's insert position, then blocks until its flush position has passed it. Returns the
  // incarnation under which that held from the first read to the last; "" when stopped. Reconnects for ever.
  std::string wait_flushed(std::stop_token stop);

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace pgtandem::outbox
