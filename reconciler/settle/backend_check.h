// Whether the backend that held a commit is still there, and its end. Blocking; throws client::pg_error.
#pragma once

#include <cstdint>
#include <string>

#include "protocol/client/connection.h"
#include "protocol/types.h"

namespace pgtandem::reconciler {

// What is known of the backend from its record.
struct held_commit {
  std::uint32_t backend_pid = 0;
  xid_t xid;                 // 0: not known
  std::string first_looked;  // the server's clock when it was first asked for: the transaction began before
};

// The server's clock, for held_commit::first_looked.
[[nodiscard]] std::string server_clock(client::connection& legacy);

// Terminates the backend if it still has that transaction open. true: it was there a moment ago, so ask
// again; false: the transaction has ended, whichever way, and the next snapshot sees how.
//
// No backend is spared because legacy seems to live another life than the record: an incarnation is sampled
// before the backend is connected, so the record may be older than its backend.
[[nodiscard]] bool terminate_if_open(client::connection& legacy, const held_commit& held);

}  // namespace pgtandem::reconciler
