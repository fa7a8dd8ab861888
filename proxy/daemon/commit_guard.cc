#include "proxy/daemon/commit_guard.h"

#include <spdlog/spdlog.h>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

namespace pgtandem::proxy {

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;

namespace {

// One commit that waits for its record, or one statement that waits for its marks.
struct pending {
  std::atomic<bool> answered = false;
  bool only_chunk = false;  // no commit waits for it: its session does otherwise
  clock::time_point deadline;
  // ok: it may go on without; else the error.
  std::function<void(bool ok, const std::string& error)> without;

  bool claim() { return !answered.exchange(true); }
};

}  // namespace

struct commit_guard::impl {
  outbox::log& log;
  on_outbox_failure policy;
  std::chrono::milliseconds deadline;
  commit_guard_hooks hooks;

  std::atomic<bool> degraded = false;
  std::mutex mutex;
  std::condition_variable_any changed;
  std::deque<std::shared_ptr<pending>> waiting;  // in order of their deadlines
  std::vector<std::pair<std::shared_ptr<pending>, std::string>> failed;
  std::jthread thread;

  std::shared_ptr<pending> wait_for(std::function<void(bool, const std::string&)> without,
                                    bool only_chunk = false) {
    auto p = std::make_shared<pending>();
    p->only_chunk = only_chunk;
    p->deadline = clock::now() + deadline;
    p->without = std::move(without);
    const std::lock_guard lock(mutex);
    while (!waiting.empty() && waiting.front()->answered) waiting.pop_front();
    waiting.push_back(p);
    return p;
  }

  void fail(std::shared_ptr<pending> p, std::string why) {
    if (!p->claim()) return;
    if (p->only_chunk) return p->without(false, why);
    const std::lock_guard lock(mutex);
    failed.emplace_back(std::move(p), std::move(why));
    changed.notify_all();
  }

  void run(const std::stop_token& stop);
  void expire();
  void answer_failed();
  void try_recover();
};

void commit_guard::impl::expire() {
  std::vector<std::shared_ptr<pending>> late;
  {
    const std::lock_guard lock(mutex);
    while (!waiting.empty() && (waiting.front()->answered || waiting.front()->deadline <= clock::now())) {
      late.push_back(std::move(waiting.front()));
      waiting.pop_front();
    }
  }
  for (auto& p : late)
    if (!p->answered) fail(std::move(p), "the outbox did not answer in time");
}

void commit_guard::impl::answer_failed() {
  decltype(failed) now;
  {
    const std::lock_guard lock(mutex);
    now.swap(failed);
  }
  if (now.empty()) return;
  bool pass = degraded;
  if (!pass && policy == on_outbox_failure::degrade) {
    spdlog::error("outbox: {}; commits will pass without records until it recovers", now.front().second);
    pass = hooks.degrade(now.front().second);
    if (pass)
      degraded = true;
    else
      spdlog::error("that could not be made durable anywhere either: commits are rejected");
  }
  for (auto& [p, why] : now) p->without(pass, why);
}

void commit_guard::impl::try_recover() {
  if (!degraded || log.failed() || !log.has_room() || !hooks.recover()) return;
  degraded = false;
  hooks.recovered();
  spdlog::warn("outbox: it takes records again; every table will be healed");
}

void commit_guard::impl::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    {
      std::unique_lock lock(mutex);
      changed.wait_for(lock, stop, degraded ? 1000ms : 100ms, [this] { return !failed.empty(); });
    }
    expire();
    answer_failed();
    try_recover();
  }
}

commit_guard::commit_guard(outbox::log& log, on_outbox_failure policy, std::chrono::milliseconds deadline,
                           commit_guard_hooks hooks)
    : impl_(new impl{log, policy, deadline, std::move(hooks), {}, {}, {}, {}, {}, {}}) {}
commit_guard::~commit_guard() {
  stop();
}

void commit_guard::start() {
  impl_->thread = std::jthread([impl = impl_.get()](const std::stop_token& stop) { impl->run(stop); });
}

void commit_guard::stop() {
  if (!impl_->thread.joinable()) return;
  impl_->thread.request_stop();
  impl_->thread.join();
}

bool commit_guard::degraded() const {
  return impl_->degraded;
}

void commit_guard::prepare(change::record record, std::function<void(prepare_outcome)> done) {
  using kind = prepare_outcome::kind;
  if (impl_->degraded) return done({kind::degraded, {}, {}});
  auto shared = std::make_shared<std::function<void(prepare_outcome)>>(std::move(done));
  auto p = impl_->wait_for([shared](bool ok, const std::string& error) {
    (*shared)({ok ? kind::degraded : kind::rejected, {}, error});
  });
  impl_->log.prepare(std::move(record), [impl = impl_, p, shared](outbox::prepare_result result) {
    if (!result.seq) return impl->fail(p, result.error);
    if (p->claim()) return (*shared)({kind::durable, *result.seq, {}});
    // Too late: its commit was rejected, or went without it and every table will be healed.
    impl->log.decide(*result.seq, outbox::decision::aborted);
  });
}

void commit_guard::stage(staged_chunk chunk, std::function<void(std::string error)> done) {
  if (impl_->degraded) return done("commits go without records");
  auto shared = std::make_shared<std::function<void(std::string)>>(std::move(done));
  auto p = impl_->wait_for([shared](bool, const std::string& error) { (*shared)(error); }, true);
  impl_->log.stage(chunk.staging, chunk.number, chunk.changes,
                   [p, shared](const std::optional<outbox::log_error>& error) {
                     if (p->claim()) (*shared)(error ? error->message : "");
                   });
}

void commit_guard::add_marks(partition_t partition, std::vector<change::mark> marks,
                             outbox::legacy_writer writer,
                             std::function<void(std::vector<std::uint64_t>, std::string)> done) {
  if (impl_->degraded) return done({}, {});
  auto shared =
      std::make_shared<std::function<void(std::vector<std::uint64_t>, std::string)>>(std::move(done));
  auto p = impl_->wait_for([shared](bool ok, const std::string& error) { (*shared)({}, ok ? "" : error); });
  impl_->log.add_marks(
      partition, std::move(marks), writer,
      [impl = impl_, p, shared](std::vector<outbox::mark_id> ids, std::optional<outbox::log_error> error) {
        if (error) return impl->fail(p, error->message);
        if (!p->claim()) return impl->log.ripen(ids);
        std::vector<std::uint64_t> plain;
        for (const auto id : ids) plain.push_back(id.value);
        (*shared)(std::move(plain), {});
      });
}

}  // namespace pgtandem::proxy
