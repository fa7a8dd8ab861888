#include "outbox/relay/legacy_life.h"

#include <spdlog/spdlog.h>

#include <condition_variable>
#include <mutex>
#include <optional>
#include <random>
#include <thread>

#include "outbox/applier/backoff.h"
#include "protocol/client/connection.h"

namespace pgtandem::outbox {
namespace {

using namespace std::chrono_literals;

constexpr auto look_for_flush = 2ms;  // the WAL writer flushes what nobody waits for every 200 ms by default
constexpr auto look_for_life = 1s;    // how soon a restart of legacy is noticed while nothing is published

// system identifier, timeline, postmaster start, checkpointer start: a crash restart changes only the last.
constexpr const char* incarnation_sql =
    "SELECT concat_ws(' ', (SELECT system_identifier FROM pg_control_system()), "
    "CASE WHEN pg_is_in_recovery() THEN 'recovery' ELSE left(pg_walfile_name(pg_current_wal_lsn()), 8) END, "
    "extract(epoch FROM pg_postmaster_start_time()), (SELECT extract(epoch FROM backend_start) "
    "FROM pg_stat_activity WHERE backend_type = 'checkpointer'))";

}  // namespace

struct legacy_life::impl {
  explicit impl(std::string c) : conninfo(std::move(c)) {}

  std::string conninfo;
  mutable std::mutex last_mutex;  // guards last
  std::string last;
  std::mutex mutex;  // guards the connection; held over queries
  std::optional<client::connection> legacy;
  std::mt19937 random{std::random_device{}()};
  unsigned failures = 0;
  std::jthread watcher;

  // The connection, opened if need be, and its incarnation read anew when it was. Throws pg_error.
  client::connection& connected();
  std::string seen() const {
    const std::lock_guard lock(last_mutex);
    return last;
  }
  void lost(const client::pg_error& e);
  void pause(const std::stop_token& stop, std::chrono::milliseconds time);
  void watch(const std::stop_token& stop);
  // "" while it has not been reached; throws pg_error.
  std::string flushed(const std::stop_token& stop);
};

client::connection& legacy_life::impl::connected() {
  if (!legacy || !legacy->alive()) {
    legacy.reset();
    legacy.emplace(conninfo);
    std::string now(legacy->query(incarnation_sql).at(0, 0));
    failures = 0;
    const std::lock_guard lock(last_mutex);
    if (!last.empty() && last != now) spdlog::warn("legacy has another life: {} after {}", now, last);
    last = std::move(now);
  }
  return *legacy;
}

void legacy_life::impl::lost(const client::pg_error& e) {
  if (failures++ == 0) spdlog::warn("legacy: {}; trying again", e.what());
  legacy.reset();
}

void legacy_life::impl::pause(const std::stop_token& stop, std::chrono::milliseconds time) {
  std::mutex m;
  std::condition_variable_any cv;
  std::unique_lock lock(m);
  cv.wait_for(lock, stop, time, [] { return false; });
}

// Keeps `last` fresh while nothing is published: sessions stamp it on their records, and a stamp of an
// earlier life costs a heal.
void legacy_life::impl::watch(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    if (const std::unique_lock lock(mutex, std::try_to_lock); lock) {
      try {
        connected().query("SELECT 1");
      } catch (const client::pg_error& e) {
        lost(e);
      }
    }
    pause(stop, look_for_life);
  }
}

std::string legacy_life::impl::flushed(const std::stop_token& stop) {
  const std::lock_guard lock(mutex);
  client::connection& c = connected();
  const std::string incarnation = seen();
  const std::string written(c.query("SELECT pg_current_wal_insert_lsn()::text").at(0, 0));
  while (!stop.stop_requested()) {
    if (c.query("SELECT pg_current_wal_flush_lsn() >= $1::pg_lsn", {written}).boolean(0, 0))
      return incarnation;
    pause(stop, look_for_flush);
  }
  return {};
}

legacy_life::legacy_life(std::string conninfo) : impl_(std::make_unique<impl>(std::move(conninfo))) {
  impl_->watcher = std::jthread([i = impl_.get()](const std::stop_token& stop) { i->watch(stop); });
}

legacy_life::~legacy_life() {
  impl_->watcher.request_stop();
}

std::string legacy_life::current() {
  if (std::string last = impl_->seen(); !last.empty()) return last;
  try {
    const std::lock_guard lock(impl_->mutex);
    impl_->connected();
  } catch (const client::pg_error& e) {
    spdlog::warn("legacy: {}", e.what());
  }
  return impl_->seen();
}

std::string legacy_life::wait_flushed(std::stop_token stop) {
  while (!stop.stop_requested()) {
    std::chrono::milliseconds delay{};
    try {
      return impl_->flushed(stop);
    } catch (const client::pg_error& e) {
      const std::lock_guard lock(impl_->mutex);
      impl_->lost(e);
      const double jitter = std::uniform_real_distribution<double>(0.0, 1.0)(impl_->random);
      delay = backoff(std::min(impl_->failures, 5U), jitter);
    }
    impl_->pause(stop, delay);
  }
  return {};
}

}  // namespace pgtandem::outbox
