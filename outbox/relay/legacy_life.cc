#include "outbox/relay/legacy_life.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <random>
#include <thread>

#include "outbox/applier/backoff.h"
#include "protocol/catalog/image_sql.h"
#include "protocol/client/connection.h"
#include "protocol/planted_bug.h"

namespace pgtandem::outbox {

namespace {

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;

// What one look at legacy says.
struct sight {
  std::string incarnation;
  lsn_t inserted;
  lsn_t flushed;
};

// A connection with the query that fits its privileges.
struct watcher {
  client::connection connection;
  std::string sql;

  explicit watcher(const std::string& conninfo) : connection(conninfo) {
    connection.query_simple(std::string(catalog::pin_settings_sql()));
    connection.query_simple("SET statement_timeout = 0; SET synchronous_commit = on");
    const bool sees_identifier =
        connection.query_simple("SELECT has_function_privilege('pg_control_system()', 'EXECUTE')")
            .boolean(0, 0);
    sql = fmt::format(
        "SELECT concat_ws('/', {}, substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8), "
        "pg_postmaster_start_time(), "
        "coalesce((SELECT backend_start::text FROM pg_stat_activity WHERE backend_type = 'checkpointer'), "
        "(SELECT concat(pid, '@', backend_start) FROM pg_stat_activity WHERE pid = pg_backend_pid()))), "
        "pg_current_wal_insert_lsn() - '0/0', pg_current_wal_flush_lsn() - '0/0'",
        sees_identifier ? "(SELECT system_identifier FROM pg_control_system())" : "NULL");
  }
  sight look() {
    const auto r = connection.query_simple(sql);
    return {std::string(r.at(0, 0)), lsn_t{r.u64(0, 1)}, lsn_t{r.u64(0, 2)}};
  }
  // A transaction that did no more than write a message is flushed with everything before it. Without it the
  // last bytes of an open transaction may stay unflushed until the next checkpoint or commit.
  void nudge() {
    try {
      connection.query_simple("SELECT pg_logical_emit_message(true, 'pgtandem', '')");
    } catch (const client::pg_error& e) {
      if (e.connection_lost()) throw;  // otherwise it may not, and has to wait
    }
  }
};

}  // namespace

struct legacy_life::impl {
  const std::string conninfo;
  std::mutex connection_mutex;  // whoever queries holds it
  std::shared_ptr<watcher> open;
  clock::time_point last_attempt;
  clock::duration attempt_took{};

  std::mutex mutex;  // guards what follows; never held while waiting for legacy
  std::condition_variable_any wake;
  std::shared_ptr<watcher> to_abandon;
  std::string seen;
  std::string last_error;

  explicit impl(std::string c) : conninfo(std::move(c)) {}

  sight look();
  void close();
  void abandon();
  void pause(std::chrono::milliseconds time, const std::stop_token& stop);
  std::optional<std::string> try_wait_flushed(const std::stop_token& stop);
};

// Holding connection_mutex.
sight legacy_life::impl::look() {
  if (open && !open->connection.still_open()) close();
  if (!open) {
    last_attempt = clock::now();
    try {
      open = std::make_shared<watcher>(conninfo);
    } catch (const client::pg_error&) {
      attempt_took = clock::now() - last_attempt;
      throw;
    }
    const std::lock_guard lock(mutex);
    to_abandon = open;
  }
  auto found = open->look();
  const std::lock_guard lock(mutex);
  seen = found.incarnation;
  return found;
}

void legacy_life::impl::close() {
  open.reset();
  const std::lock_guard lock(mutex);
  to_abandon.reset();
}

void legacy_life::impl::abandon() {
  const std::lock_guard lock(mutex);
  if (to_abandon) to_abandon->connection.abandon();
}

void legacy_life::impl::pause(std::chrono::milliseconds time, const std::stop_token& stop) {
  std::unique_lock lock(mutex);
  wake.wait_for(lock, stop, time, [] { return false; });
}

// nullopt: legacy went through a new life meanwhile, or stop. Throws client::pg_error.
std::optional<std::string> legacy_life::impl::try_wait_flushed(const std::stop_token& stop) {
  const auto look_again = [&] {
    const std::lock_guard lock(connection_mutex);
    return look();
  };
  const sight first = look_again();
  sight now = first;
  constexpr auto patience = 16ms;
  if (planted(planted_bug::published_before_flush)) return first.incarnation;
  for (auto wait = 1ms; now.flushed < first.inserted && !stop.stop_requested();
       wait = std::min(2 * wait, patience)) {
    if (wait == patience) {
      const std::lock_guard lock(connection_mutex);
      if (open) open->nudge();
    } else {
      pause(wait, stop);
    }
    now = look_again();
    if (now.incarnation != first.incarnation) return std::nullopt;
  }
  if (now.flushed < first.inserted) return std::nullopt;
  return first.incarnation;
}

legacy_life::legacy_life(std::string conninfo) : impl_(std::make_unique<impl>(std::move(conninfo))) {}
legacy_life::~legacy_life() = default;

std::string legacy_life::current() {
  auto& i = *impl_;
  // While somebody else waits for legacy, what was seen last is good enough: an older life is safe to name.
  std::unique_lock connection_lock(i.connection_mutex, std::try_to_lock);
  for (int tries = 0; !connection_lock.owns_lock() && tries < 20; ++tries) {
    std::this_thread::sleep_for(1ms);
    connection_lock.try_lock();
  }
  if (connection_lock.owns_lock()) {
    const bool known = i.open && i.open->connection.still_open();
    // A server that does not answer must not hold up every session anew; one that refuses is asked again at
    // once.
    if (!known && clock::now() - i.last_attempt > 10 * i.attempt_took) {
      try {
        i.look();
      } catch (const client::pg_error&) {
        i.close();
      }
    }
  }
  const std::lock_guard lock(i.mutex);
  return i.seen;
}

std::string legacy_life::last_seen() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->seen;
}

std::string legacy_life::wait_flushed(std::stop_token stop) {
  auto& i = *impl_;
  const std::stop_callback on_stop(stop, [&i] { i.abandon(); });
  std::minstd_rand random{std::random_device{}()};
  for (unsigned attempt = 0; !stop.stop_requested();) {
    try {
      if (auto incarnation = i.try_wait_flushed(stop)) return *incarnation;
      continue;
    } catch (const client::pg_error& e) {
      {
        const std::lock_guard lock(i.connection_mutex);
        if (i.open && !i.open->connection.alive()) i.close();
      }
      const std::lock_guard lock(i.mutex);
      if (i.last_error != e.what() && !stop.stop_requested()) spdlog::warn("legacy: {}", e.what());
      i.last_error = e.what();
    }
    i.pause(backoff(attempt++, std::uniform_real_distribution<>(0, 1)(random)), stop);
  }
  return {};
}

}  // namespace pgtandem::outbox
