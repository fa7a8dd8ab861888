#include "proxy/daemon/daemon.h"

#include <spdlog/spdlog.h>
#include <sys/resource.h>

#include <atomic>
#include <csignal>
#include <map>
#include <thread>

#include "outbox/log/log.h"
#include "proxy/admin/admin_server.h"
#include "proxy/daemon/database_runtime.h"
#include "proxy/net/listener.h"

namespace pgtandem::proxy {
namespace {

// Counts TERM and INT on a thread of its own; all other threads have them blocked.
class signal_watch {
 public:
  signal_watch() {
    sigemptyset(&set_);
    sigaddset(&set_, SIGTERM);
    sigaddset(&set_, SIGINT);
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);
    thread_ = std::jthread([this](const std::stop_token& stop) {
      const timespec moment{.tv_sec = 0, .tv_nsec = 100'000'000};
      while (!stop.stop_requested()) {
        if (sigtimedwait(&set_, nullptr, &moment) > 0) {
          ++seen_;
          seen_.notify_all();
        }
      }
    });
  }
  [[nodiscard]] unsigned seen() const { return seen_; }
  void wait() const { seen_.wait(0); }

 private:
  sigset_t set_{};
  std::atomic<unsigned> seen_ = 0;
  std::jthread thread_;
};

// A session takes two descriptors; the usual soft limit of 1,024 would end at five hundred of them.
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0) spdlog::warn("cannot raise the limit of open files");
}

class daemon : public admin_source {
 public:
  explicit daemon(const config& c)
      : config_(c), log_(outbox::log::open({.path = c.outbox_path, .min_free_bytes = c.outbox_min_free})) {
    for (const auto& [name, database] : c.databases)
      databases_.emplace(name, std::make_unique<database_runtime>(database, c, *log_));
  }

  // False: a signal came before legacy was reached.
  bool start(const std::function<bool()>& give_up) {
    for (auto& [_, database] : databases_)
      if (!database->start(give_up)) return false;
    std::vector<std::string> names;
    for (const auto& [name, _] : databases_) names.push_back(name);
    listener_ = std::make_unique<listener>(
        config_.listen, config_.io_threads,
        [this](const std::string& name) -> session_host* {
          const auto it = databases_.find(name);
          return it == databases_.end() ? nullptr : it->second.get();
        },
        std::move(names));
    admin_ = std::make_unique<admin_server>(config_.admin, *this);
    listener_->start();
    spdlog::info("listening on {}:{}, admin on {}:{}", config_.listen.host, listener_->port(),
                 config_.admin.host, admin_->port());
    return true;
  }

  void stop(const std::function<bool()>& hurry) {
    stopping_ = true;
    if (listener_) {
      listener_->stop_accepting();
      listener_->wait_closed(config_.shutdown_timeout, hurry);
      listener_.reset();
    }
    admin_.reset();
    for (auto& [_, database] : databases_) database->stop();
  }

  daemon_status status() override {
    daemon_status s;
    s.version = PGTANDEM_VERSION;
    s.outbox_id = log_->id();
    s.outbox_bytes = log_->disk_bytes();
    s.state = stopping_ ? "stopping" : "serving";
    for (const auto& [_, database] : databases_) s.databases.push_back(database->status());
    return s;
  }

  std::optional<fence_reply> fence(const std::string& database) override {
    const auto it = databases_.find(database);
    return it == databases_.end() ? std::nullopt : std::optional(it->second->fence());
  }

  heal_reply heal(const heal_request& request) override {
    const auto it = databases_.find(request.database);
    if (it == databases_.end()) return {.marks = {}, .error = "no such database: " + request.database};
    return it->second->heal(request);
  }

  retry_reply retry_parked(const retry_request& request) override {
    const auto it = databases_.find(request.database);
    if (it == databases_.end()) return {.keys = 0, .error = "no such database: " + request.database};
    return it->second->retry_parked();
  }

  bool healthy(std::string& why_not) override {
    if (log_->failed()) why_not = "outbox: " + log_->failure() + "; restart pgtandem";
    for (const auto& [name, database] : databases_) {
      const auto s = database->status();
      if (s.halted) why_not = name + ": " + s.error;
      if (s.degraded) why_not = name + ": commits go without records";
    }
    return why_not.empty();
  }

 private:
  const config config_;
  std::unique_ptr<outbox::log> log_;
  std::map<std::string, std::unique_ptr<database_runtime>> databases_;
  std::unique_ptr<listener> listener_;
  std::unique_ptr<admin_server> admin_;
  std::atomic<bool> stopping_ = false;
};

}  // namespace

int run_daemon(const config& c) {
  const signal_watch signals;
  raise_descriptor_limit();
  try {
    daemon d(c);
    if (d.start([&] { return signals.seen() > 0; })) {
      signals.wait();
      spdlog::info("stopping: sessions have {} s to end their transactions",
                   std::chrono::duration_cast<std::chrono::seconds>(c.shutdown_timeout).count());
    }
    d.stop([&] { return signals.seen() > 1; });
  } catch (const std::exception& e) {
    spdlog::error("{}", e.what());
    return 1;
  }
  spdlog::info("stopped");
  return 0;
}

}  // namespace pgtandem::proxy
