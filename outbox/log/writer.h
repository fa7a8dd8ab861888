// The one thread that writes: takes what waits, plans one batch, writes it synced, publishes, answers. The
// first failed write is the last. Owns its thread; submit() is thread-safe.
#pragma once

#include <thread>

#include "outbox/log/free_space.h"
#include "outbox/log/log_state.h"
#include "outbox/log/request.h"
#include "outbox/log/store.h"
#include "outbox/log/write_queue.h"

namespace pgtandem::outbox {

class writer {
 public:
  // All outlive it.
  writer(store& s, log_state& state, free_space space);
  // Everything submitted before is written and answered first.
  ~writer();
  writer(const writer&) = delete;
  writer& operator=(const writer&) = delete;

  void submit(log_request r);

 private:
  void run();
  void write(std::vector<log_request>& requests);
  [[nodiscard]] std::string failure() const;

  store& store_;
  log_state& state_;
  free_space space_;
  write_queue<log_request> queue_;
  std::jthread thread_;
};

}  // namespace pgtandem::outbox
