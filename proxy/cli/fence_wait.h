// Waits until the target has passed a fence: everything up to its seq applied, none of its marks open, no row
// parked. Owns nothing; not thread-safe.
#pragma once

#include <string>

#include "proxy/cli/daemon_api.h"
#include "proxy/cli/pacer.h"

namespace pgtandem::proxy {

enum class fence_outcome {
  passed,
  halted,  // the applier needs a person
  parked,  // the target has refused a row again and again
  timed_out,
  unknown,  // degraded, another outbox, or the daemon went away and did not come back
};

struct fence_verdict {
  fence_outcome outcome = fence_outcome::passed;
  std::string sentence;  // for people: what is missing and what to do
};

// A daemon that goes away is waited for: fences are positions in a durable log. Never throws admin_error.
[[nodiscard]] fence_verdict wait_for_fence(daemon_api& daemon, const std::string& database,
                                           const fence_reply& fence, pacer& pace);

// The same, and until the heals by which the fence's marks were cleared are applied: a mark that is gone
// means that its heal is in the log.
[[nodiscard]] fence_verdict wait_until_applied(daemon_api& daemon, const std::string& database,
                                               const fence_reply& fence, pacer& pace);

// passed 0, halted and parked 1, else 2.
[[nodiscard]] int exit_code_of(fence_outcome outcome);

// The entry of a database in a status; nullptr if the daemon does not serve it.
[[nodiscard]] const database_status* find_database(const daemon_status& s, const std::string& name);

}  // namespace pgtandem::proxy
