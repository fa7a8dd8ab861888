#include "outbox/applier/applier.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <random>

#include "outbox/applier/backoff.h"
#include "outbox/applier/record_writer.h"
#include "outbox/applier/row_statements.h"
#include "outbox/applier/target_session.h"

namespace pgtandem::outbox {

namespace {

chunk_reader chunks_of(const applier_options& options) {
  return [&options](const stored_record& r, std::size_t i) {
    auto changes = options.read_chunk(r, i);
    if (!changes) throw halt(fmt::format("a chunk of seq {} cannot be read from the outbox", r.seq.value));
    return std::move(*changes);
  };
}

}  // namespace

struct applier::impl {
  explicit impl(applier_options o) : options(std::move(o)), writer(chunks_of(options)) {}

  const applier_options options;
  record_writer writer;
  watermark place;  // as last read or written
  bool taken_over = false;
  std::atomic<bool> forget = false;
  std::minstd_rand random{std::random_device{}()};

  mutable std::mutex mutex;  // guards what follows
  std::condition_variable_any wake;
  std::shared_ptr<target_session> session;
  applier_state state;
  std::vector<parked_key> parked;

  bool start(const std::stop_token& stop);
  bool apply(const std::vector<stored_record>& records, seq_t through, const std::stop_token& stop);

  void open_session();
  void ensure_session();
  void close_session();
  void abandon();
  void note_success();
  void note_trouble(const std::string& error);
  void note_halt(const std::string& error, bool mismatched = false);
  void pause(unsigned attempt, const std::stop_token& stop);
  void attempt(const std::vector<stored_record>& records, seq_t through);
};

void applier::impl::open_session() {
  auto opened = std::make_shared<target_session>(options.conninfo, options.outbox_id, options.partition);
  const std::lock_guard lock(mutex);
  session = std::move(opened);
  state.connected = true;
}

void applier::impl::close_session() {
  const std::lock_guard lock(mutex);
  session.reset();
  state.connected = false;
}

void applier::impl::abandon() {
  const std::lock_guard lock(mutex);
  if (session) session->abandon();
}

void applier::impl::note_success() {
  const std::lock_guard lock(mutex);
  state.hwm = place.hwm;
  state.rows_applied = writer.rows_written();
  state.error.clear();
  state.halted = state.mismatched = false;
  if (parked.empty() && writer.parked().empty()) return;
  const auto before = parked.size();
  parked = writer.parked().all();
  if (parked.size() > before)
    spdlog::warn("{}: {} rows are refused by the target and parked, see `pgtandem parked list`",
                 options.database, parked.size());
  else if (parked.empty())
    spdlog::info("{}: the target has taken every row that was parked", options.database);
}

void applier::impl::note_trouble(const std::string& error) {
  const std::lock_guard lock(mutex);
  if (state.error != error) spdlog::warn("{}: target: {}", options.database, error);
  state.error = error;
  ++state.retries;
}

void applier::impl::note_halt(const std::string& error, bool mismatched) {
  const std::lock_guard lock(mutex);
  if (!mismatched || state.error != error)
    spdlog::error("{}: applying stopped, a person is needed: {}", options.database, error);
  state.mismatched = mismatched;
  state.hwm = place.hwm;
  state.error = error;
  state.halted = true;
}

void applier::impl::pause(unsigned attempt, const std::stop_token& stop) {
  const double jitter = std::uniform_real_distribution<>(0, 1)(random);
  std::unique_lock lock(mutex);
  wake.wait_for(lock, stop, backoff(attempt, jitter), [] { return false; });
}

bool applier::impl::start(const std::stop_token& stop) {
  const std::stop_callback on_stop(stop, [this] { abandon(); });
  for (unsigned attempt = 0; !stop.stop_requested(); ++attempt) {
    try {
      open_session();
      session->create_schema();
      place = session->take_over();
      writer.load_parked(*session);
      taken_over = true;
      note_success();
      return true;
    } catch (const client::pg_error& e) {
      note_trouble(e.what());
    }
    close_session();
    pause(attempt, stop);
  }
  return false;
}

// Connected, and `place` is what the target says: after a lost connection that alone tells what was
// committed.
void applier::impl::ensure_session() {
  if (session && session->connection().alive()) return;
  open_session();
  const auto found = session->read();
  if (!found) throw halt("the target has lost its watermark: was it restored or replaced?");
  if (found->epoch != place.epoch) throw halt("another pgtandem has taken over this partition");
  if (found->hwm < place.hwm) {
    throw halt(fmt::format("the target has gone back from seq {} to {}: was it restored from a backup?",
                           place.hwm.value, found->hwm.value));
  }
  place = *found;
  writer.load_parked(*session);
}

void applier::impl::attempt(const std::vector<stored_record>& records, seq_t through) {
  ensure_session();
  if (place.hwm >= through) return;
  try {
    writer.write(*session, place, records, through);
  } catch (const watermark_moved&) {
    // Either a transaction of ours that was cut off has committed meanwhile, or a new owner is there.
    close_session();
    throw client::pg_error("the hwm on the target has been moved", "", true);
  }
}

bool applier::impl::apply(const std::vector<stored_record>& records, seq_t through,
                          const std::stop_token& stop) {
  if ((state.halted && !state.mismatched) || !taken_over) return false;
  const std::stop_callback on_stop(stop, [this] { abandon(); });
  bool catalog_is_fresh = false;
  const auto refresh_catalog = [&] {
    if (catalog_is_fresh) return false;
    writer.forget_catalog();
    return catalog_is_fresh = true;
  };
  if (forget.exchange(false)) writer.forget_catalog();
  for (unsigned attempts = 0; !stop.stop_requested(); ++attempts) {
    const auto before = place.hwm;
    try {
      attempt(records, through);
      note_success();
      return true;
    } catch (const client::pg_error& e) {
      if (is_schema_error(e)) {
        if (refresh_catalog()) continue;
        note_halt(fmt::format("{} ({}) [{}]", e.what(), writer.last_failed_table(), e.sqlstate()), true);
        return false;
      }
      if (!is_worth_retrying(e)) {
        note_halt(fmt::format("{} [{}]", e.what(), e.sqlstate()));
        return false;
      }
      if (stop.stop_requested()) return false;
      note_trouble(e.what());
    } catch (const table_mismatch& e) {
      if (refresh_catalog()) continue;
      note_halt(e.what(), true);
      return false;
    } catch (const halt& e) {
      note_halt(e.what());
      return false;
    }
    if (session && !session->connection().alive()) close_session();
    if (place.hwm > before) attempts = 0;
    pause(attempts, stop);
  }
  return false;
}

applier::applier(applier_options options) : impl_(std::make_unique<impl>(std::move(options))) {}
applier::~applier() = default;
bool applier::start(std::stop_token stop) {
  return impl_->start(stop);
}
bool applier::apply(const std::vector<stored_record>& records, seq_t through, std::stop_token stop) {
  return impl_->apply(records, through, stop);
}
void applier::forget_catalog() {
  impl_->forget = true;
}
std::vector<parked_key> applier::parked() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->parked;
}
applier_state applier::state() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->state;
}

}  // namespace pgtandem::outbox
