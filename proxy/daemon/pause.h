// A pause that ends early when stop is requested.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stop_token>

namespace pgtandem::proxy {

// False: stop was requested.
[[nodiscard]] inline bool pause(const std::stop_token& stop, std::chrono::milliseconds length) {
  std::mutex mutex;
  std::unique_lock lock(mutex);
  std::condition_variable_any never;
  never.wait_for(lock, stop, length, [] { return false; });
  return !stop.stop_requested();
}

}  // namespace pgtandem::proxy
