// An own connection to one server that is opened when needed and pinned to settings under which text is
// exact.
//
// Owned and used by one thread; only abandon() may be called from another one.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "protocol/client/connection.h"

namespace pgtandem::reconciler {

class server_link {
 public:
  explicit server_link(std::string conninfo) : conninfo_(std::move(conninfo)) {}

  // The connection, opened and pinned if there is none or the old one died. Throws client::pg_error.
  client::connection& get();
  // Closes the connection, so that the next get() opens a fresh one.
  void drop();
  // Breaks the connection, if there is one, so that a statement under way fails at once.
  void abandon();

 private:
  std::string conninfo_;
  std::mutex mutex_;  // guards the pointer against abandon(), not the use of the connection
  std::unique_ptr<client::connection> connection_;
};

// What an error may say outside the operator's terminal: texts of data errors (classes 22 and 23) can quote
// values, so only their SQLSTATE is told.
[[nodiscard]] std::string error_text(const client::pg_error& error);

}  // namespace pgtandem::reconciler
