#include "outbox/relay/relay.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

namespace pgtandem::outbox {
namespace {

// One target transaction carries about this much; large enough that round trips and the target's flush are
// shared by many records, small enough that nobody waits long for a lock of it.
constexpr std::size_t batch_bytes = 1 << 20;

}  // namespace

struct relay::impl {
  impl(log& l, legacy_life& life, applier_options options)
      : records(l), legacy(life), partition(options.partition), target(std::move(options)) {}

  log& records;
  legacy_life& legacy;
  partition_t partition;
  applier target;
  std::mutex mutex;
  std::condition_variable_any proven;  // the prover has moved
  std::jthread prover;
  std::jthread mover;

  void prove(std::stop_token stop);
  void move(std::stop_token stop);
  std::optional<seq_t> wait_proven(seq_t after, std::stop_token stop);
};

// Invariant 2: nothing is published that legacy could still lose. What was acknowledged under an earlier life
// and not proven flushed before it ended may be lost: it is superseded, and its keys are healed.
void relay::impl::prove(std::stop_token stop) {
  seq_t at = records.proven(partition);
  while (!stop.stop_requested()) {
    const auto decided = records.wait_decided_after(partition, at, stop);
    if (!decided) return;
    const std::string incarnation = legacy.wait_flushed(stop);
    if (incarnation.empty()) return;
    const auto range = records.decided(partition, at, decided->through, incarnation);
    for (const seq_t stale : range.stale) {
      spdlog::warn("record {} was acknowledged by an earlier life of legacy: its rows are read again",
                   stale.value);
      records.supersede(stale);
    }
    records.set_proven(partition, range.through);
    at = range.through;
    const std::lock_guard lock(mutex);
    proven.notify_all();
  }
}

// The proof's reach once it is past `after`; nullopt: stopped.
std::optional<seq_t> relay::impl::wait_proven(seq_t after, std::stop_token stop) {
  std::unique_lock lock(mutex);
  if (!proven.wait(lock, stop, [&] { return records.proven(partition) > after; })) return std::nullopt;
  return records.proven(partition);
}

void relay::impl::move(std::stop_token stop) {
  if (!target.start(stop)) return;
  while (!stop.stop_requested()) {
    const seq_t at = target.state().hwm;
    // Read only behind the proof: until then a committed record may yet be superseded.
    const auto proof = wait_proven(at, stop);
    if (!proof) return;
    auto next = records.read(partition, at, batch_bytes, stop);
    if (!next) return;
    const seq_t through = std::min(next->through, *proof);
    std::erase_if(next->records, [&](const stored_record& r) { return r.seq > through; });
    if (!target.apply(next->records, through, stop)) return;
    records.trim(partition, through);
  }
}

relay::relay(log& l, legacy_life& legacy, applier_options target)
    : impl_(std::make_unique<impl>(l, legacy, std::move(target))) {}

relay::~relay() {
  stop();
}

void relay::start() {
  impl_->prover = std::jthread([i = impl_.get()](std::stop_token stop) { i->prove(std::move(stop)); });
  impl_->mover = std::jthread([i = impl_.get()](std::stop_token stop) { i->move(std::move(stop)); });
}

void relay::stop() {
  for (std::jthread* t : {&impl_->prover, &impl_->mover})
    if (t->joinable()) t->request_stop();
  for (std::jthread* t : {&impl_->prover, &impl_->mover})
    if (t->joinable()) t->join();
}

relay_state relay::state() const {
  const applier_state target = impl_->target.state();
  return {.applied = target.hwm, .applier = target};
}

void relay::forget_catalog() {
  impl_->target.forget_catalog();
}

}  // namespace pgtandem::outbox
