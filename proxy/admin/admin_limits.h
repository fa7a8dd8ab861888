// What the admin server grants one client, and all together. Plain data.
#pragma once

#include <chrono>
#include <cstddef>

namespace pgtandem::proxy {

struct admin_limits {
  std::chrono::milliseconds request_time{10'000};  // to send a request; again to take the answer
  std::size_t body_bytes = 1 << 20;
  std::size_t connections = 64;
};

}  // namespace pgtandem::proxy
