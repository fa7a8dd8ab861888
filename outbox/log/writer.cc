#include "outbox/log/writer.h"

#include <chrono>

#include "outbox/log/batch_plan.h"

namespace pgtandem::outbox {

namespace {

// Bounds the latency of those behind a batch.
constexpr std::size_t max_batch_bytes = 32U << 20;

// How long a request may wait for another one to share its flush. A decision only delays publishing; the
// cursors, and how far heals have come, only save work after a restart.
std::chrono::milliseconds patience_of(const log_request& r) {
  using namespace std::chrono_literals;
  if (std::holds_alternative<request::decide>(r)) return 1ms;
  if (std::holds_alternative<request::set_proven>(r)) return 50ms;
  if (std::holds_alternative<request::note_heal>(r)) return 50ms;
  if (const auto* t = std::get_if<request::trim>(&r); t != nullptr && !t->done) return 50ms;
  return 0ms;
}

std::int64_t unix_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

}  // namespace

writer::writer(store& s, log_state& state, free_space space)
    : store_(s), state_(state), space_(std::move(space)), thread_([this] { run(); }) {}

writer::~writer() {
  queue_.close();
  thread_.join();
}

void writer::submit(log_request r) {
  const auto bytes = request_bytes(r);
  if (!queue_.push(r, bytes, patience_of(r))) refuse(r, "the outbox is closing");
}

std::string writer::failure() const {
  const std::lock_guard lock{state_.mutex};
  return state_.failure;
}

void writer::run() {
  for (;;) {
    auto requests = queue_.take(max_batch_bytes);
    if (requests.empty()) return;
    if (const auto why = failure(); why.empty())
      write(requests);
    else
      for (auto& r : requests) refuse(r, why);
  }
}

void writer::write(std::vector<log_request>& requests) {
  batch_plan plan{state_, space_, unix_ms()};
  {
    const std::lock_guard lock{state_.mutex};
    for (auto& r : requests) plan.add(r);
    plan.erase_merged_marks();
  }
  std::optional<std::string> error;
  if (!plan.batch().ops.empty()) error = store_.write(plan.batch());
  {
    const std::lock_guard lock{state_.mutex};
    if (!error) {
      plan.publish();
    } else {
      // Whether the batch is on disk is unknown; only reopening tells, so nothing is written after it.
      error = "the outbox failed and must be reopened: " + *error;
      state_.failure = *error;
    }
  }
  state_.changed.notify_all();
  plan.answer_all(error ? &*error : nullptr);
}

}  // namespace pgtandem::outbox
