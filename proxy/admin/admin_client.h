// The CLI's side of the admin API. Blocking, each call on a connection of its own; throws admin_error when no
// daemon answers, or answers with an error. Not thread-safe.
#pragma once

#include <stdexcept>
#include <string>

#include "proxy/admin/admin_server.h"

namespace pgtandem::proxy {

class admin_error : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

class admin_client {
 public:
  explicit admin_client(const listen_address& admin);
  [[nodiscard]] daemon_status status();
  // Empty when the daemon calls itself healthy, else why it does not.
  [[nodiscard]] std::string unhealthy();
  [[nodiscard]] std::string status_json();
  [[nodiscard]] fence_reply fence(const std::string& database);
  // A refusal comes back in the reply.
  [[nodiscard]] heal_reply heal(const heal_request& request);
  [[nodiscard]] retry_reply retry_parked(const retry_request& request);

 private:
  struct reply {
    unsigned status = 0;
    std::string body;
  };
  [[nodiscard]] reply exchange(const char* method, const std::string& target, const std::string& body);
  [[nodiscard]] std::string body_of(const reply& r) const;  // throws unless 200

  listen_address admin_;
};

}  // namespace pgtandem::proxy
