// The durable fact "commits go without records", kept outside the outbox: a row on the target, or where that
// cannot be reached a file beside the outbox. Blocking; not thread-safe.
#pragma once

#include <string>

namespace pgtandem::client {
class connection;
}

namespace pgtandem::proxy {

class degraded_bit {
 public:
  degraded_bit(std::string target, std::string file, std::string outbox_id);
  // False: it could be set nowhere.
  bool set(const std::string& reason);
  [[nodiscard]] bool in_file() const;
  [[nodiscard]] bool on_target(client::connection& target) const;
  // Both; what cannot be cleared now is found again at the next start.
  void clear();

 private:
  std::string target_;
  std::string file_;
  std::string outbox_id_;
};

}  // namespace pgtandem::proxy
