#include "proxy/daemon/catalog_watch.h"

#include <spdlog/spdlog.h>

#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <thread>

#include "protocol/catalog/shape.h"
#include "protocol/change/display.h"
#include "protocol/client/connection.h"

namespace pgtandem::proxy {
namespace {

using namespace std::chrono_literals;
constexpr auto retry_legacy = 1s;
constexpr std::chrono::steady_clock::duration retry_target = 5s;
constexpr std::chrono::steady_clock::duration look_again = 60s;
constexpr std::chrono::steady_clock::duration ask_legacy = 1s;

// Nothing is imaged of a table that something is wrong with.
std::shared_ptr<const mirrored_catalog> without_trust_in(const mirrored_catalog& all,
                                                         const std::set<change::table_name>& tables) {
  std::vector<catalog::relation> relations = all.relations();
  for (catalog::relation& r : relations)
    if (tables.contains(r.name) && r.refusals.empty())
      r.refusals.emplace_back("it may just have been altered");
  return std::make_shared<const mirrored_catalog>(std::move(relations));
}

}  // namespace

struct catalog_watch::impl {
  explicit impl(catalog_watch_options o) : options(std::move(o)), probe(options.legacy) {}

  const catalog_watch_options options;
  // What sessions see, and what the last look has found: the same but for tables in doubt.
  std::atomic<std::shared_ptr<const mirrored_catalog>> mirrored = std::make_shared<const mirrored_catalog>();
  std::shared_ptr<const mirrored_catalog> known = mirrored;
  catalog::shapes known_shapes;  // of `known`
  std::set<std::string> known_carriers;
  catalog::alteration_probe probe;
  mutable std::mutex mutex;
  std::condition_variable_any changed;
  std::vector<refused_relation> refused;
  bool wanted = false;
  std::set<change::table_name> doubted;  // since the look that is under way began
  bool target_seen = false;
  bool soon = false;  // somebody waits for the next look
  bool told = false;  // on_look has gone through for what is published
  std::map<change::table_name, catalog::relation> last_target;
  std::jthread thread;

  void load();
  std::optional<client::connection> read_target();
  void publish(std::vector<catalog::relation> legacy, catalog::carriers carriers);
  [[nodiscard]] bool altered();
  void vouch();
  void run(const std::stop_token& stop);
};

// Publishes what is known, but for what was put in doubt after it was read.
void catalog_watch::impl::vouch() {
  const std::lock_guard lock(mutex);
  mirrored = doubted.empty() ? known : without_trust_in(*known, doubted);
}

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

void catalog_watch::impl::publish(std::vector<catalog::relation> legacy, catalog::carriers carriers) {
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
      unfit.push_back({r.name, std::move(reasons), std::move(r.shape)});
  }
  catalog_view view;
  view.changed = !told || fit != known->relations();
  if (view.changed) {
    spdlog::info("{}: {} tables are mirrored, {} refused", options.database, fit.size(), unfit.size());
    for (const auto& u : unfit)
      for (const auto& reason : u.reasons)
        spdlog::warn("{}: {} is not mirrored: {}", options.database, display(u.table), reason);
    told = false;
  }
  if (view.changed) {
    known = std::make_shared<const mirrored_catalog>(std::move(fit));
    known_shapes = catalog::shapes_of(known->relations());
  }
  view.mirrored = known;
  vouch();
  view.refused = unfit;
  view.target_seen = target_seen;
  for (const auto& [name, r] : last_target) view.on_target.insert(name);
  {
    const std::lock_guard lock(mutex);
    refused = std::move(unfit);
  }
  known_carriers = catalog::texts_of(carriers);
  view.carriers = std::move(carriers);
  soon = options.on_look(view);
  told = true;
}

void catalog_watch::impl::load() {
  {
    const std::lock_guard lock(mutex);
    doubted.clear();
  }
  client::connection legacy(options.legacy);
  // First: what is published knows of all of them.
  legacy.query_simple("SET search_path = pg_catalog");
  auto carriers = catalog::load_carriers(legacy);
  auto relations = catalog::load_relations(legacy, options.filter);
  auto target = read_target();
  const bool first = target && !target_seen;
  target_seen |= target.has_value();
  publish(std::move(relations), std::move(carriers));
  if (first) options.on_target(*target);
}

bool catalog_watch::impl::altered() {
  return probe.altered(known_shapes).value_or(false) ||
         probe.carries_otherwise(known_carriers).value_or(false);
}

void catalog_watch::impl::run(const std::stop_token& stop) {
  using clock = std::chrono::steady_clock;
  const auto pause = [this] { return target_seen && !soon ? look_again : retry_target; };
  auto next_look = clock::now() + pause();
  auto ask_after = ask_legacy;
  while (!stop.stop_requested()) {
    bool look = false;
    {
      std::unique_lock lock(mutex);
      look = changed.wait_for(lock, stop, ask_after, [this] { return wanted; });
      wanted = false;
    }
    if (stop.stop_requested()) return;
    const auto asked = clock::now();
    look = look || asked >= next_look || altered();
    ask_after = std::max<clock::duration>(ask_legacy, 20 * (clock::now() - asked));
    if (!look) continue;
    try {
      load();
    } catch (const std::exception& e) {
      spdlog::warn("{}: reading the catalogs: {}", options.database, e.what());
      soon = true;
    }
    next_look = clock::now() + pause();
  }
}

catalog_watch::catalog_watch(catalog_watch_options options)
    : impl_(std::make_unique<impl>(std::move(options))) {}
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

void catalog_watch::doubt(const std::vector<change::table_name>& tables) {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->doubted.insert(tables.begin(), tables.end());
    const auto now = impl_->mirrored.load();
    impl_->mirrored = without_trust_in(*now, impl_->doubted);
  }
  refresh();
}

std::shared_ptr<const mirrored_catalog> catalog_watch::mirrored() const {
  return impl_->mirrored;
}

std::vector<refused_relation> catalog_watch::refused() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->refused;
}

}  // namespace pgtandem::proxy
