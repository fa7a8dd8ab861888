#include "reconciler/settle/settler.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <random>
#include <stdexcept>
#include <thread>

#include "protocol/planted_bug.h"
#include "reconciler/server/backoff.h"
#include "reconciler/server/server_link.h"
#include "reconciler/settle/backend_check.h"

namespace pgtandem::reconciler {

namespace {

constexpr std::chrono::milliseconds poll{50};
constexpr backoff_policy legacy_backoff{std::chrono::milliseconds(100), std::chrono::milliseconds(10'000)};

std::string refused_text(const outbox::stored_record& r, const client::pg_error& error) {
  return fmt::format(
      "backend {} of legacy holds an undecided commit and may not be terminated ({}); end it by hand, or "
      "grant"
      " pg_signal_backend to pgtandem's role",
      r.record.backend_pid, error.what());
}

}  // namespace

struct settler::impl {
  impl(outbox::log& l, std::string conninfo, partition_t p)
      : log(l), legacy(std::move(conninfo)), partition(p) {}

  void run(std::stop_token stop);
  // Settles those whose backend is gone and takes them out of `records`; the others have to be waited for.
  void settle(std::vector<outbox::stored_record>& records, const std::stop_token& stop);
  // The log hands out a record once: those that are left are told to it again.
  void hand_back(const std::vector<outbox::stored_record>& records);
  bool settled(client::connection& c, const outbox::stored_record& r, std::string& refused);
  void report(const std::string& text);
  void wait(std::stop_token stop, std::chrono::milliseconds time);

  outbox::log& log;
  server_link legacy;
  const partition_t partition;
  std::map<seq_t, std::string> first_looked;  // of records that are not settled yet
  std::mt19937 random{std::random_device{}()};

  mutable std::mutex mutex;  // guards what follows
  std::string error;
  std::condition_variable_any wake;
  std::jthread thread;
};

void settler::impl::report(const std::string& text) {
  const std::scoped_lock lock(mutex);
  if (!text.empty() && text != error) spdlog::warn("settle: {}", text);
  error = text;
}

void settler::impl::wait(std::stop_token stop, std::chrono::milliseconds time) {
  std::unique_lock lock(mutex);
  wake.wait_for(lock, stop, time, [] { return false; });
}

bool settler::impl::settled(client::connection& c, const outbox::stored_record& r, std::string& refused) {
  auto looked = first_looked.find(r.seq);
  if (looked == first_looked.end()) looked = first_looked.emplace(r.seq, server_clock(c)).first;
  try {
    if (terminate_if_open(c, {r.record.backend_pid, r.record.xid, looked->second})) return false;
  } catch (const client::pg_error& e) {
    if (e.sqlstate() != "42501") throw;
    refused = refused_text(r, e);
    return false;
  }
  if (planted(planted_bug::doubt_taken_as_commit))
    log.decide(r.seq, outbox::decision::committed);
  else
    log.supersede(r.seq);
  first_looked.erase(looked);
  spdlog::info("settle: nobody answered the commit of record {}; its backend is gone, its keys are healed",
               r.seq.value);
  return true;
}

void settler::impl::settle(std::vector<outbox::stored_record>& records, const std::stop_token& stop) {
  client::connection& c = legacy.get();
  std::string refused;
  for (auto it = records.begin(); it != records.end() && !stop.stop_requested();) {
    it = settled(c, *it, refused) ? records.erase(it) : std::next(it);
  }
  report(refused);
}

void settler::impl::hand_back(const std::vector<outbox::stored_record>& records) {
  for (const outbox::stored_record& r : records) log.report_in_doubt(r.seq);
}

void settler::impl::run(std::stop_token stop) {
  unsigned failures = 0;
  while (!stop.stop_requested()) {
    std::vector<outbox::stored_record> records;
    std::chrono::milliseconds pause{0};
    try {
      if (log.failed()) throw std::runtime_error(log.failure());
      records = log.wait_in_doubt(partition, stop);
      if (records.empty()) continue;
      settle(records, stop);
      if (!records.empty()) pause = poll;
      failures = 0;
    } catch (const std::exception& e) {
      if (!stop.stop_requested()) report(e.what());
      const double jitter = std::uniform_real_distribution<double>(0.0, 1.0)(random);
      pause = backoff_delay(legacy_backoff, failures++, jitter);
    }
    if (pause.count() > 0) wait(stop, pause);
    hand_back(records);
  }
}

// The incarnation proves nothing about a backend (see backend_check.h): legacy_life is not asked.
settler::settler(outbox::log& log, outbox::legacy_life&, std::string legacy_conninfo, partition_t partition)
    : impl_(std::make_unique<impl>(log, std::move(legacy_conninfo), partition)) {}

settler::~settler() {
  stop();
}

void settler::start() {
  if (impl_->thread.joinable()) return;
  impl_->thread = std::jthread([impl = impl_.get()](std::stop_token stop) {
    const std::stop_callback abandon(stop, [impl] { impl->legacy.abandon(); });
    impl->run(stop);
  });
}

void settler::stop() {
  if (!impl_->thread.joinable()) return;
  impl_->thread.request_stop();
  impl_->thread.join();
}

std::string settler::error() const {
  const std::scoped_lock lock(impl_->mutex);
  return impl_->error;
}

}  // namespace pgtandem::reconciler
