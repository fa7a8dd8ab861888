#include "proxy/daemon/mark_ripener.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <thread>
#include <utility>

#include "protocol/client/connection.h"
#include "proxy/daemon/mark_waits.h"
#include "proxy/daemon/prepared_names.h"

namespace pgtandem::proxy {
namespace {

using namespace std::chrono_literals;

// Looks come at longer intervals the longer nothing is new: a prepared transaction may stay for days.
constexpr auto first_pause = 50ms;
constexpr auto longest_pause = 1000ms;

// A backend that was at work some time ago was not begun since; how far the two clocks may be apart is a
// guess on the safe side.
constexpr std::int64_t clocks_apart_ms = 3'600'000;

// What has to end before transactions are looked at: a backend, or the statements of the first look.
struct waiting {
  std::vector<outbox::mark_id> marks;
  std::optional<std::uint32_t> backend_pid;  // or all statements
  std::optional<std::int64_t> wrote_unix_ms = std::nullopt;
  // Of the first look. The backend was begun before this, by legacy's clock.
  std::string since = {};
  std::string statements = {};
};

bool backend_ended(client::connection& legacy, waiting& w) {
  if (w.since.empty()) {
    const std::string latest = w.wrote_unix_ms ? std::to_string(*w.wrote_unix_ms + clocks_apart_ms) : "";
    w.since =
        legacy
            .query("SELECT least(clock_timestamp(), to_timestamp(nullif($1, '')::bigint / 1000.0))::text",
                   {latest})
            .at(0, 0);
  }
  const std::string pid = std::to_string(*w.backend_pid);
  return legacy
             .query(
                 "SELECT 1 FROM pg_stat_activity WHERE pid = $1::int"
                 " AND (backend_start IS NULL OR backend_start <= $2::timestamptz)",  // NULL: may not be seen
                 {pid, w.since})
             .rows() == 0;
}

// A statement that has not written yet has no id of a transaction, and CALL and DO have none between theirs.
// A text of nearly the size that legacy keeps may go on.
constexpr const char* what_runs = R"(
SELECT coalesce(array_agg(pid || ' ' || query_start), '{}')::text
  FROM pg_stat_activity
 WHERE datname = current_database() AND state = 'active' AND pid <> pg_backend_pid()
   AND (query ~* '\m(insert|update|delete|merge|execute|call|do)\M'
        OR octet_length(query) > pg_size_bytes(current_setting('track_activity_query_size')) - 8))";
constexpr const char* nothing_of_it_runs = R"(
SELECT NOT EXISTS (SELECT FROM pg_stat_activity
                    WHERE state = 'active' AND pid || ' ' || query_start = ANY ($1::text[])))";

struct question {
  std::string gid;
  std::function<void(std::optional<std::set<change::table_name>>)> done;
};

bool statements_ended(client::connection& legacy, waiting& w) {
  if (w.statements.empty()) w.statements = legacy.query(what_runs).at(0, 0);
  return legacy.query(nothing_of_it_runs, {w.statements}).boolean(0, 0);
}

}  // namespace

struct mark_ripener::impl {
  outbox::log& log;
  partition_t partition;
  std::string conninfo;
  prepared_names names;
  // Of the thread alone.
  std::vector<question> questions;
  std::vector<waiting> first;
  mark_waits waits;

  mutable std::mutex mutex;  // guards what follows
  std::condition_variable_any changed;
  std::vector<std::function<void()>> added;  // to the above, before the next look begins
  std::jthread thread;

  void add(std::function<void()> what) {
    const std::lock_guard lock(mutex);
    added.push_back(std::move(what));
    changed.notify_all();
  }
  void run(const std::stop_token& stop);
  [[nodiscard]] bool idle() const {
    return questions.empty() && first.empty() && waits.empty() && names.empty();
  }
  void answer(std::optional<client::connection>& legacy);
  void look(std::optional<client::connection>& legacy);
};

void mark_ripener::impl::answer(std::optional<client::connection>& legacy) {
  for (const question& q : std::exchange(questions, {})) {
    std::optional<std::set<change::table_name>> written;
    try {
      if (!legacy) legacy.emplace(conninfo);
      written = written_by_prepared(*legacy, q.gid);
    } catch (const client::pg_error& e) {
      spdlog::warn("what a prepared transaction has written could not be asked: {}", e.what());
      legacy.reset();
    }
    q.done(std::move(written));
  }
}

void mark_ripener::impl::look(std::optional<client::connection>& legacy) {
  try {
    if (!legacy) legacy.emplace(conninfo);
    std::erase_if(first, [&](waiting& w) {
      if (!(w.backend_pid ? backend_ended(*legacy, w) : statements_ended(*legacy, w))) return false;
      if (w.backend_pid)
        waits.for_prepared(std::move(w.marks));
      else
        waits.for_present(std::move(w.marks));
      return true;
    });
    const auto named = names.all();
    if (waits.empty() && named.empty()) return;
    const running_transactions now = look_at_transactions(*legacy);
    names.forget_ended(named, now);
    mark_waits::tables open;
    for (const auto& m : log.marks(partition)) open.emplace(m.id, m.mark.table);
    const auto ripe = waits.look(now, open);
    if (!ripe.empty()) log.ripen(ripe);
  } catch (const client::pg_error& e) {
    spdlog::warn("marks wait for legacy: {}", e.what());
    legacy.reset();
  }
}

void mark_ripener::impl::run(const std::stop_token& stop) {
  std::optional<client::connection> legacy;
  std::chrono::milliseconds pause = first_pause;
  while (!stop.stop_requested()) {
    if (idle()) legacy.reset();
    {
      std::unique_lock lock(mutex);
      const auto is_added = [this] { return !added.empty(); };
      const bool more =
          idle() ? changed.wait(lock, stop, is_added) : changed.wait_for(lock, stop, pause, is_added);
      pause = more ? first_pause : std::min(2 * pause, longest_pause);
      for (const auto& add_it : std::exchange(added, {})) add_it();
    }
    if (stop.stop_requested()) return;
    answer(legacy);
    look(legacy);
  }
}

mark_ripener::mark_ripener(outbox::log& log, partition_t partition, std::string legacy)
    : impl_(new impl{log, partition, std::move(legacy), {}, {}, {}, {}, {}, {}, {}, {}}) {}
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

void mark_ripener::resume(const std::vector<outbox::open_mark>& marks) {
  std::vector<outbox::mark_id> of_transactions;
  std::map<std::uint32_t, waiting> of_backends;
  std::map<xid_t, std::pair<outbox::legacy_writer, std::vector<outbox::mark_id>>> of_one;
  for (const outbox::open_mark& m : marks) {
    if (m.ripe || !m.on_legacy) continue;
    const std::uint32_t pid = m.on_legacy->backend_pid;
    if (m.on_legacy->xid != xid_t{}) {
      auto& [writer, ids] = of_one[m.on_legacy->xid];
      if (writer.gid.empty()) writer = *m.on_legacy;  // its first marks may be older than its name
      ids.push_back(m.id);
      continue;
    }
    if (pid == 0) {
      of_transactions.push_back(m.id);
      continue;
    }
    waiting& w = of_backends.try_emplace(pid, waiting{.marks = {}, .backend_pid = pid}).first->second;
    w.marks.push_back(m.id);
    w.wrote_unix_ms = std::max(w.wrote_unix_ms.value_or(m.created_unix_ms), m.created_unix_ms);
  }
  after_present_transactions(std::move(of_transactions));
  for (auto& [xid, of] : of_one) after_transaction(std::move(of.second), of.first);
  for (auto& [pid, w] : of_backends)
    impl_->add([impl = impl_.get(), w = std::move(w)] { impl->first.push_back(w); });
}

void mark_ripener::after_present_transactions(std::vector<outbox::mark_id> marks) {
  if (marks.empty()) return;
  impl_->add([impl = impl_.get(), marks = std::move(marks)] {
    impl->first.push_back({.marks = marks, .backend_pid = std::nullopt});
  });
}

void mark_ripener::after_backend(std::vector<outbox::mark_id> marks, std::uint32_t pid) {
  if (marks.empty()) return;
  impl_->add([impl = impl_.get(), marks = std::move(marks), pid] {
    impl->first.push_back({.marks = marks, .backend_pid = pid});
  });
}

void mark_ripener::after_prepared_transactions(std::vector<outbox::mark_id> marks) {
  if (marks.empty()) return;
  impl_->add([impl = impl_.get(), marks = std::move(marks)] { impl->waits.for_prepared(marks); });
}

void mark_ripener::after_transaction(std::vector<outbox::mark_id> marks,
                                     const outbox::legacy_writer& writer) {
  if (!writer.gid.empty()) impl_->names.add(writer.gid, writer.xid, writer.defines);
  impl_->add([impl = impl_.get(), marks = std::move(marks), xid = writer.xid] {
    if (!marks.empty()) impl->waits.for_transaction(marks, xid);
  });
}

void mark_ripener::ask_written(std::string gid,
                               std::function<void(std::optional<std::set<change::table_name>>)> done) {
  impl_->add([impl = impl_.get(), q = question{std::move(gid), std::move(done)}]() mutable {
    impl->questions.push_back(std::move(q));
  });
}

bool mark_ripener::awaits(std::string_view gid) const {
  return impl_->names.contains(gid);
}

bool mark_ripener::may_define(std::string_view gid) const {
  return impl_->names.may_define(gid);
}

}  // namespace pgtandem::proxy
