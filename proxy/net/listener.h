// Listens for clients and spreads their connections over io threads, one io_context and one statement cache
// each. start() throws std::runtime_error when it cannot listen. Thread-safe.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "proxy/config/config.h"
#include "proxy/net/session_host.h"

namespace pgtandem::proxy {

class listener {
 public:
  // `hosts` maps a configured database to its host; it and the hosts outlive the listener.
  listener(listen_address address, unsigned threads, std::function<session_host*(const std::string&)> hosts,
           std::vector<std::string> databases);
  ~listener();

  void start();
  [[nodiscard]] std::uint16_t port() const;
  // No new clients; sessions between transactions get 57P01, the others when they reach that point.
  void stop_accepting();
  // Blocks until all sessions have ended, or until `grace` is over or `hurry` says so: then they are cut.
  void wait_closed(std::chrono::milliseconds grace, const std::function<bool()>& hurry);

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace pgtandem::proxy
