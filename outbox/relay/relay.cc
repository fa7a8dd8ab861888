#include "outbox/relay/relay.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace pgtandem::outbox {

namespace {

// Enough to make a round trip worth while, little enough to be repeated after a lost connection.
constexpr std::size_t batch_bytes = 8U << 20U;
constexpr std::chrono::seconds mismatch_pause{1};

void pass_over(const std::set<std::uint32_t>& tables, std::vector<change::row_change>& changes) {
  if (tables.empty()) return;
  std::erase_if(changes, [&](const change::row_change& c) { return tables.contains(c.table); });
}

}  // namespace

struct relay::impl {
  impl(log& l, legacy_life& life, applier_options target, record_examiner examiner)
      : records(l),
        legacy(life),
        partition(target.partition),
        database(target.database),
        examine(std::move(examiner)),
        target_side(reading_from(l, std::move(target))) {}

  static applier_options reading_from(log& l, applier_options target) {
    target.read_chunk = [&l](const stored_record& r, std::size_t i) {
      auto changes = l.read_chunk(r, i);
      if (changes) pass_over(r.passed_over, *changes);
      return changes;
    };
    return target;
  }

  log& records;
  legacy_life& legacy;
  const partition_t partition;
  const std::string database;
  const record_examiner examine;
  applier target_side;

  mutable std::mutex mutex;
  std::condition_variable_any proven_moved;
  std::string halted;  // why the mover gave up before the applier was asked

  std::jthread prover;
  std::jthread mover;

  void prove(const std::stop_token& stop);
  void move(const std::stop_token& stop);
  bool log_is_complete(seq_t hwm);
  std::optional<batch> next(seq_t after, const std::stop_token& stop);
  bool apply(batch& b, const std::stop_token& stop);
};

void relay::impl::prove(const std::stop_token& stop) {
  while (const auto range = records.wait_decided_after(partition, records.proven(partition), stop)) {
    const auto from = records.proven(partition);
    const auto incarnation = legacy.wait_flushed(stop);
    if (stop.stop_requested()) return;
    // Acknowledged in a life that is over, and nobody looked before whether that had flushed it: it may be
    // lost.
    const auto lost = records.decided(partition, from, range->through, incarnation).stale;
    if (!lost.empty()) {
      spdlog::warn("{}: {} committed records of an earlier life of legacy are read again from it", database,
                   lost.size());
    }
    for (const auto seq : lost) records.supersede(seq);
    if (records.failed()) return;
    records.set_proven(partition, range->through);
    const std::lock_guard lock(mutex);
    proven_moved.notify_all();
  }
}

// A target that is ahead has applied what the log no longer knows: new records would be taken for applied
// ones. One that is behind what was trimmed misses records that nobody has any more.
bool relay::impl::log_is_complete(seq_t hwm) {
  const auto last = records.last_prepared(partition);
  const auto trimmed = records.trimmed(partition);
  if (hwm <= last && hwm >= trimmed) return true;
  const std::lock_guard lock(mutex);
  halted = hwm > last ? fmt::format(
                            "the target has applied up to seq {}, but the outbox ends at {}: was the outbox "
                            "restored from a copy?",
                            hwm.value, last.value)
                      : fmt::format(
                            "the target has applied up to seq {}, but the outbox begins behind {}: was the "
                            "target replaced, or restored from a backup?",
                            hwm.value, trimmed.value);
  halted += " Stop pgtandem, move the outbox away and start with a new one, which heals every table";
  spdlog::error("{}: applying stopped, a person is needed: {}", database, halted);
  return false;
}

// Records behind `after`, none beyond what is proven. They are read after the proof, so that none is among
// them that it superseded.
std::optional<batch> relay::impl::next(seq_t after, const std::stop_token& stop) {
  seq_t proven;
  {
    std::unique_lock lock(mutex);
    const auto moved = [&] { return (proven = records.proven(partition)) > after; };
    if (!proven_moved.wait(lock, stop, moved)) return std::nullopt;
  }
  auto found = records.read(partition, after, batch_bytes, stop);
  if (!found) return std::nullopt;
  std::erase_if(found->records, [&](const stored_record& r) { return r.seq > proven; });
  found->through = std::min(found->through, proven);
  return found;
}

// Tables that do not fit may be altered on either side: that is waited for.
bool relay::impl::apply(batch& b, const std::stop_token& stop) {
  for (bool refused = false; !stop.stop_requested(); refused = true) {
    if (examine && !examine(b.records, refused, stop)) return false;
    for (stored_record& r : b.records) pass_over(r.passed_over, r.record.changes);
    if (target_side.apply(b.records, b.through, stop)) return true;
    if (!examine || !target_side.state().mismatched) return false;
    std::unique_lock lock(mutex);
    proven_moved.wait_for(lock, stop, mismatch_pause, [] { return false; });
  }
  return false;
}

void relay::impl::move(const std::stop_token& stop) {
  if (!target_side.start(stop)) return;
  auto hwm = target_side.state().hwm;
  if (!log_is_complete(hwm)) return;
  records.trim(partition, hwm);
  while (auto found = next(hwm, stop)) {
    if (!apply(*found, stop)) return;
    hwm = found->through;
    records.trim(partition, hwm);
  }
}

relay::relay(log& log, legacy_life& legacy, applier_options target, record_examiner examine)
    : impl_(std::make_unique<impl>(log, legacy, std::move(target), std::move(examine))) {}
relay::~relay() {
  stop();
}

void relay::start() {
  impl_->prover = std::jthread([this](const std::stop_token& stop) { impl_->prove(stop); });
  impl_->mover = std::jthread([this](const std::stop_token& stop) { impl_->move(stop); });
}

void relay::stop() {
  impl_->prover.request_stop();
  impl_->mover.request_stop();
  if (impl_->prover.joinable()) impl_->prover.join();
  if (impl_->mover.joinable()) impl_->mover.join();
}

relay_state relay::state() const {
  relay_state out;
  out.applier = impl_->target_side.state();
  out.applied = out.applier.hwm;
  const std::lock_guard lock(impl_->mutex);
  if (!impl_->halted.empty()) {
    out.applier.halted = true;
    out.applier.error = impl_->halted;
  }
  return out;
}

std::vector<parked_key> relay::parked() const {
  return impl_->target_side.parked();
}

void relay::forget_catalog() {
  impl_->target_side.forget_catalog();
}

}  // namespace pgtandem::outbox
