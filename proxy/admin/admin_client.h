// The CLI's side of the admin API. Blocking; throws admin_error when no daemon answers.
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
  [[nodiscard]] std::string status_json();
  [[nodiscard]] fence_reply fence(const std::string& database);
  [[nodiscard]] heal_reply heal(const heal_request& request);

 private:
  listen_address admin_;
};

}  // namespace pgtandem::proxy
