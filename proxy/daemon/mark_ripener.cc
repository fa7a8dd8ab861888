#include "proxy/daemon/mark_ripener.h"

#include <spdlog/spdlog.h>

#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

#include "protocol/client/connection.h"

namespace pgtandem::proxy {
namespace {

using namespace std::chrono_literals;

// Something that has to end first. `since` is fixed by the first look: for transactions the snapshot's xmax,
// for a backend legacy's clock.
struct waiting {
  std::vector<outbox::mark_id> marks;
  std::optional<std::uint32_t> backend_pid;
  std::string since;
};

bool ended(client::connection& legacy, waiting& w) {
  if (!w.backend_pid) {
    if (w.since.empty())
      w.since = legacy.query("SELECT txid_snapshot_xmax(txid_current_snapshot())::text").at(0, 0);
    return legacy.query("SELECT txid_snapshot_xmin(txid_current_snapshot()) >= $1::bigint", {w.since})
        .boolean(0, 0);
  }
  if (w.since.empty()) w.since = legacy.query("SELECT clock_timestamp()::text").at(0, 0);
  const std::string pid = std::to_string(*w.backend_pid);
  return legacy
             .query("SELECT 1 FROM pg_stat_activity WHERE pid = $1::int AND backend_start <= $2::timestamptz",
                    {pid, w.since})
             .rows() == 0;
}

}  // namespace

struct mark_ripener::impl {
  outbox::log& log;
  std::string conninfo;
  std::mutex mutex;
  std::condition_variable_any changed;
  std::vector<waiting> queue;
  std::jthread thread;

  void add(waiting w) {
    const std::lock_guard lock(mutex);
    queue.push_back(std::move(w));
    changed.notify_all();
  }
  void run(const std::stop_token& stop);
  void look(std::optional<client::connection>& legacy, std::vector<waiting>& mine);
};

void mark_ripener::impl::look(std::optional<client::connection>& legacy, std::vector<waiting>& mine) {
  try {
    if (!legacy) legacy.emplace(conninfo);
    std::erase_if(mine, [&](waiting& w) {
      if (!ended(*legacy, w)) return false;
      log.ripen(w.marks);
      return true;
    });
  } catch (const client::pg_error& e) {
    spdlog::warn("marks wait for legacy: {}", e.what());
    legacy.reset();
  }
}

void mark_ripener::impl::run(const std::stop_token& stop) {
  std::optional<client::connection> legacy;
  std::vector<waiting> mine;
  while (!stop.stop_requested()) {
    {
      std::unique_lock lock(mutex);
      if (mine.empty())
        changed.wait(lock, stop, [this] { return !queue.empty(); });
      else
        changed.wait_for(lock, stop, 200ms, [this] { return !queue.empty(); });
      for (auto& w : queue) mine.push_back(std::move(w));
      queue.clear();
    }
    if (!mine.empty()) look(legacy, mine);
    if (mine.empty()) legacy.reset();
  }
}

mark_ripener::mark_ripener(outbox::log& log, std::string legacy)
    : impl_(new impl{log, std::move(legacy), {}, {}, {}, {}}) {}
mark_ripener::~mark_ripener() {
  stop();
}

void mark_ripener::start() {
  impl_->thread = std::jthread([this](const std::stop_token& stop) { impl_->run(stop); });
}

void mark_ripener::stop() {
  if (!impl_->thread.joinable()) return;
  impl_->thread.request_stop();
  impl_->thread.join();
}

void mark_ripener::after_present_transactions(std::vector<outbox::mark_id> marks) {
  if (!marks.empty()) impl_->add({std::move(marks), std::nullopt, {}});
}

void mark_ripener::after_backend(std::vector<outbox::mark_id> marks, std::uint32_t pid) {
  if (!marks.empty()) impl_->add({std::move(marks), pid, {}});
}

}  // namespace pgtandem::proxy
