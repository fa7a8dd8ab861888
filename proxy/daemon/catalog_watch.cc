#include "proxy/daemon/catalog_watch.h"

#include <spdlog/spdlog.h>

#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <thread>

#include "protocol/client/connection.h"

namespace pgtandem::proxy {
namespace {

using namespace std::chrono_literals;
constexpr auto retry_legacy = 1s;
constexpr auto retry_target = 5s;
constexpr auto look_again = 60s;

std::string display(const change::table_name& t) {
  return t.schema + "." + t.name;
}

}  // namespace

struct catalog_watch::impl {
  catalog_watch_options options;
  std::atomic<std::shared_ptr<const mirrored_catalog>> mirrored = std::make_shared<const mirrored_catalog>();
  mutable std::mutex mutex;
  std::condition_variable_any changed;
  std::vector<refused_relation> refused;
  bool wanted = false;
  bool target_seen = false;
  bool told = false;  // on_change has gone through for what is published
  std::map<change::table_name, catalog::relation> last_target;
  std::jthread thread;

  void load();
  std::optional<client::connection> read_target();
  void publish(std::vector<catalog::relation> legacy);
  void run(const std::stop_token& stop);
};

// The connection, if the target could be read.
std::optional<client::connection> catalog_watch::impl::read_target() {
  try {
    client::connection target(options.target);
    last_target.clear();
    for (auto& r : catalog::load_relations(target, options.filter)) {
      auto name = r.name;
      last_target.emplace(std::move(name), std::move(r));
    }
    return target;
  } catch (const client::pg_error& e) {
    spdlog::warn("{}: target: {}", options.database, e.what());
    return std::nullopt;
  }
}

void catalog_watch::impl::publish(std::vector<catalog::relation> legacy) {
  std::vector<catalog::relation> fit;
  std::vector<refused_relation> unfit;
  for (auto& r : legacy) {
    std::vector<std::string> reasons = r.refusals;
    if (target_seen) {
      const auto it = last_target.find(r.name);
      const auto more = catalog::incompatibilities(r, it == last_target.end() ? nullptr : &it->second);
      reasons.insert(reasons.end(), more.begin(), more.end());
    }
    if (reasons.empty())
      fit.push_back(std::move(r));
    else
      unfit.push_back({r.name, std::move(reasons)});
  }
  if (!told || fit != mirrored.load()->relations()) {
    spdlog::info("{}: {} tables are mirrored, {} refused", options.database, fit.size(), unfit.size());
    for (const auto& u : unfit)
      for (const auto& reason : u.reasons)
        spdlog::warn("{}: {} is not mirrored: {}", options.database, display(u.table), reason);
    auto fresh = std::make_shared<const mirrored_catalog>(std::move(fit));
    mirrored = fresh;
    told = false;
    options.on_change(*fresh);
    told = true;
  }
  const std::lock_guard lock(mutex);
  refused = std::move(unfit);
}

void catalog_watch::impl::load() {
  client::connection legacy(options.legacy);
  auto relations = catalog::load_relations(legacy, options.filter);
  auto target = read_target();
  const bool first = target && !target_seen;
  target_seen |= target.has_value();
  publish(std::move(relations));
  if (first) options.on_target(*target);
}

void catalog_watch::impl::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    {
      std::unique_lock lock(mutex);
      changed.wait_for(lock, stop, target_seen ? std::chrono::milliseconds(look_again) : retry_target,
                       [this] { return wanted; });
      wanted = false;
    }
    if (stop.stop_requested()) return;
    try {
      load();
    } catch (const std::exception& e) {
      spdlog::warn("{}: reading the catalogs: {}", options.database, e.what());
    }
  }
}

catalog_watch::catalog_watch(catalog_watch_options options) : impl_(std::make_unique<impl>()) {
  impl_->options = std::move(options);
}
catalog_watch::~catalog_watch() {
  stop();
}

bool catalog_watch::start(const std::function<bool()>& give_up) {
  for (;;) {
    try {
      impl_->load();
      break;
    } catch (const client::pg_error& e) {
      spdlog::error("{}: legacy: {}; waiting for it", impl_->options.database, e.what());
      const auto until = std::chrono::steady_clock::now() + retry_legacy;
      while (std::chrono::steady_clock::now() < until) {
        if (give_up()) return false;
        std::this_thread::sleep_for(50ms);
      }
    }
  }
  impl_->thread = std::jthread([this](const std::stop_token& stop) { impl_->run(stop); });
  return true;
}

void catalog_watch::stop() {
  if (!impl_->thread.joinable()) return;
  impl_->thread.request_stop();
  impl_->thread.join();
}

void catalog_watch::refresh() {
  const std::lock_guard lock(impl_->mutex);
  impl_->wanted = true;
  impl_->changed.notify_all();
}

std::shared_ptr<const mirrored_catalog> catalog_watch::mirrored() const {
  return impl_->mirrored;
}

std::vector<refused_relation> catalog_watch::refused() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->refused;
}

}  // namespace pgtandem::proxy
