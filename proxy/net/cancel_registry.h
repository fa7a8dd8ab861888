// Which connection a CancelRequest means, by the backend's pid and key as legacy gave them. Thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

namespace pgtandem::proxy {

class client_connection;

class cancel_registry {
 public:
  void add(std::uint32_t pid, std::string key, std::weak_ptr<client_connection> connection);
  void remove(std::uint32_t pid, const client_connection* connection);
  // Null if there is none or the key is wrong.
  [[nodiscard]] std::shared_ptr<client_connection> find(std::uint32_t pid, const std::string& key) const;

 private:
  struct entry {
    std::string key;
    std::weak_ptr<client_connection> connection;
  };
  mutable std::mutex mutex_;
  std::unordered_map<std::uint32_t, entry> entries_;
};

}  // namespace pgtandem::proxy
