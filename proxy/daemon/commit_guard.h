// Decides what a commit may do when the outbox fails or is slow (invariant 8).
//
// A record that is not durable within the deadline, or whose log failed, either keeps its commit from
// happening
// (`reject`) or lets it pass without a record (`degrade`) — but only after that fact has been made durable
// elsewhere. While degraded every commit passes without a record; once the log takes marks again, every table
// is marked and mirroring goes on. Owns one thread between start() and stop(). Thread-safe.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "outbox/log/log.h"
#include "proxy/config/config.h"
#include "proxy/session/action.h"

namespace pgtandem::proxy {

struct commit_guard_hooks {
  // Makes "commits go without records" durable, not in the outbox. False: impossible.
  std::function<bool(const std::string& reason)> degrade;
  // Marks every table durably, so that mirroring may go on. False: not yet.
  std::function<bool()> recover;
  // After recover, when no commit goes without a record any more.
  std::function<void()> recovered;
};

class commit_guard {
 public:
  commit_guard(outbox::log& log, on_outbox_failure policy, std::chrono::milliseconds deadline,
               commit_guard_hooks hooks);
  ~commit_guard();  // stops
  void start();
  void stop();

  void prepare(change::record record, std::function<void(prepare_outcome)> done);
  // A chunk that is refused or late is the session's trouble: it marks what it wrote instead.
  void stage(staged_chunk chunk, std::function<void(std::string error)> done);
  void add_marks(partition_t partition, std::vector<change::mark> marks, outbox::legacy_writer writer,
                 std::function<void(std::vector<std::uint64_t>, std::string)> done);
  [[nodiscard]] bool degraded() const;

 private:
  struct impl;
  std::shared_ptr<impl> impl_;
};

}  // namespace pgtandem::proxy
