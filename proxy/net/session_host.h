// What a client connection needs of its database: where legacy is, and the outbox behind it.
// Implemented by the daemon; every function is thread-safe, callbacks come on any thread.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "protocol/client/connection.h"
#include "proxy/session/session.h"

namespace pgtandem::proxy {

class session_host {
 public:
  virtual ~session_host() = default;

  [[nodiscard]] virtual const client::endpoint& legacy() const = 0;
  // Everything but `statements`.
  [[nodiscard]] virtual session_environment environment() = 0;

  // Stamps legacy's incarnation on the record and makes it durable.
  virtual void prepare(change::record record, std::function<void(prepare_outcome)> done) = 0;
  // `done` gets why not, or nothing.
  virtual void stage(staged_chunk chunk, std::function<void(std::string error)> done) = 0;
  virtual void drop_staging(staging_t staging) = 0;
  virtual void decide(seq_t seq, bool committed) = 0;
  virtual void in_doubt(seq_t seq) = 0;
  // `done` gets the ids of those that the session has to ripen, or why the marks are not durable. The backend
  // may go on writing under them until ripen(), or, after orphan(), until it is gone.
  virtual void add_marks(mark_action action, std::uint32_t backend_pid,
                         std::function<void(std::vector<std::uint64_t>, std::string)> done) = 0;
  virtual void ripen(ripen_action action) = 0;
  virtual void orphan(std::vector<std::uint64_t> marks, std::uint32_t backend_pid) = 0;

  virtual void session_opened() = 0;
  virtual void session_closed() = 0;
};

}  // namespace pgtandem::proxy
