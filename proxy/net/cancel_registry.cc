#include "proxy/net/cancel_registry.h"

namespace pgtandem::proxy {

void cancel_registry::add(std::uint32_t pid, std::string key, std::weak_ptr<client_connection> connection) {
  const std::lock_guard lock(mutex_);
  entries_.insert_or_assign(pid, entry{std::move(key), std::move(connection)});
}

void cancel_registry::remove(std::uint32_t pid, const client_connection* connection) {
  const std::lock_guard lock(mutex_);
  const auto it = entries_.find(pid);
  if (it == entries_.end()) return;
  // Another backend may have got the pid meanwhile.
  const auto held = it->second.connection.lock();
  if (held == nullptr || held.get() == connection) entries_.erase(it);
}

std::shared_ptr<client_connection> cancel_registry::find(std::uint32_t pid, const std::string& key) const {
  const std::lock_guard lock(mutex_);
  const auto it = entries_.find(pid);
  return it == entries_.end() || it->second.key != key ? nullptr : it->second.connection.lock();
}

}  // namespace pgtandem::proxy
