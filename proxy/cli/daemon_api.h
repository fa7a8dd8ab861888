// What the commands ask of a daemon: the admin client in the program, made-up answers in tests.
#pragma once

#include <memory>
#include <string>

#include "proxy/admin/admin_client.h"

namespace pgtandem::proxy {

// Every function throws admin_error when there is no answer.
class daemon_api {
 public:
  virtual ~daemon_api() = default;
  [[nodiscard]] virtual daemon_status status() = 0;
  [[nodiscard]] virtual fence_reply fence(const std::string& database) = 0;
  [[nodiscard]] virtual heal_reply heal(const heal_request& request) = 0;
};

class admin_daemon : public daemon_api {
 public:
  explicit admin_daemon(const listen_address& admin) : client_(admin) {}
  daemon_status status() override { return client_.status(); }
  fence_reply fence(const std::string& database) override { return client_.fence(database); }
  heal_reply heal(const heal_request& request) override { return client_.heal(request); }

 private:
  admin_client client_;
};

}  // namespace pgtandem::proxy
