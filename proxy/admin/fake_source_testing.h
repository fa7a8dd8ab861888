// A daemon's answers, made up, for tests of what talks to a daemon.
#pragma once

#include <mutex>
#include <stdexcept>

#include "proxy/admin/admin_server.h"

namespace pgtandem::proxy {

// A status with every field set to something of its own.
inline daemon_status full_status() {
  daemon_status s{"0.1.0", "0b0e-id", 12'345'678'901ULL, "serving", {}};
  database_status d;
  d.name = "app";
  d.prepared = ~0ULL;  // more than a signed or floating number holds
  d.applied = 117;
  d.undecided = 1;
  d.target_connected = true;
  d.error = "connection refused \"x\" \n\xC3\xA9";
  d.sessions = 8;
  d.transactions = 50'012;
  d.images = 81'233;
  d.marks_made = 4;
  d.mirrored = {"public.a", "public.b"};
  d.refused = {{"public.c", {"no usable key", "rules"}}};
  d.marks = {{7, "public.a", "keys", 3, "commit in doubt", true, 0, 1'700'000'000'000, 5}};
  d.parked = {
      {3, "public.b", "{\"id\":5}", 90, "23514", "violates check constraint", "", 1'700'000'000'000, 2}};
  d.heals = {{"public.b", 100, 4, 90, 1000, 40, true, "lock time-out"}};
  s.databases = {d, {}};
  return s;
}

// Thread-safe: the server asks on its own thread.
class fake_source : public admin_source {
 public:
  daemon_status status() override {
    const std::lock_guard lock(mutex_);
    if (broken_) throw std::runtime_error("the outbox is closed");
    return status_;
  }
  std::optional<fence_reply> fence(const std::string& database) override {
    const std::lock_guard lock(mutex_);
    fenced_ = database;
    for (const database_status& d : status_.databases)
      if (d.name == database) return fence_;
    return std::nullopt;
  }
  heal_reply heal(const heal_request& request) override {
    const std::lock_guard lock(mutex_);
    healed_ = request;
    return heal_;
  }
  retry_reply retry_parked(const retry_request& request) override {
    const std::lock_guard lock(mutex_);
    retried_ = request.database;
    return retry_;
  }
  bool healthy(std::string& why_not) override {
    const std::lock_guard lock(mutex_);
    why_not = why_not_;
    return why_not_.empty();
  }

  // For the test, before the server asks or under its own order.
  daemon_status status_ = full_status();
  fence_reply fence_{120, {7, 9}};
  heal_reply heal_{{11}, ""};
  retry_reply retry_{2, ""};
  std::string why_not_;
  bool broken_ = false;
  std::string fenced_;
  heal_request healed_;
  std::string retried_;

 private:
  std::mutex mutex_;
};

}  // namespace pgtandem::proxy
