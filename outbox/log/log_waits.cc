// The reading side of the log: cursors, and everything that blocks until the writer has published.
#include <algorithm>

#include "outbox/log/key_codec.h"
#include "outbox/log/log.h"
#include "outbox/log/log_impl.h"

namespace pgtandem::outbox {

namespace {

constexpr std::uint64_t max_in_doubt_bytes = 64ULL << 20;  // handed out at once
constexpr std::uint64_t drop_after_records = 20'000;       // see docs/record-format.md, trimming
constexpr std::uint64_t drop_after_bytes = 64ULL << 20;

}  // namespace

std::optional<batch> log::read(partition_t p, seq_t after, std::size_t max_bytes, std::stop_token stop) {
  auto& state = impl_->state;
  std::unique_lock lock{state.mutex};
  if (!state.changed.wait(lock, stop, [&] { return state.index.decided_through(p) > after; }))
    return std::nullopt;
  const auto stretch = state.index.decided_after(p, after, max_bytes);
  // Trimmed beyond `after`: nothing of it is left to read.
  if (!stretch) return batch{{}, state.index.decided_through(p)};
  lock.unlock();
  auto records = impl_->load(p, stretch->committed);
  if (!records) {
    lock.lock();
    state.changed.wait(lock, stop, [] { return false; });
    return std::nullopt;
  }
  return batch{std::move(*records), stretch->through};
}

void log::report_in_doubt(seq_t seq) {
  auto& state = impl_->state;
  {
    const std::lock_guard lock{state.mutex};
    const auto found = state.index.find(seq);
    if (!found || found->state != decision::undecided) return;
    state.in_doubt[found->partition].insert(seq);
  }
  state.changed.notify_all();
}

std::vector<stored_record> log::wait_in_doubt(partition_t p, std::stop_token stop) {
  auto& state = impl_->state;
  std::vector<seq_t> seqs;
  {
    std::unique_lock lock{state.mutex};
    if (!state.changed.wait(lock, stop, [&] { return !state.in_doubt[p].empty(); })) return {};
    auto& queue = state.in_doubt[p];
    std::uint64_t bytes = 0;
    while (!queue.empty() && (seqs.empty() || bytes < max_in_doubt_bytes)) {
      const seq_t seq = *queue.begin();
      queue.erase(queue.begin());
      bytes += state.index.find(seq).value().bytes;
      seqs.push_back(seq);
    }
  }
  if (auto records = impl_->load(p, seqs)) return std::move(*records);
  std::unique_lock lock{state.mutex};
  state.changed.wait(lock, stop, [] { return false; });
  return {};
}

std::vector<open_mark> log::marks(partition_t p) const {
  const std::lock_guard lock{impl_->state.mutex};
  return impl_->state.marks.all(p);
}

std::vector<open_mark> log::wait_ripe_marks(partition_t p, const std::set<mark_id>& known,
                                            std::stop_token stop) {
  auto& state = impl_->state;
  std::unique_lock lock{state.mutex};
  if (!state.changed.wait(lock, stop, [&] { return state.marks.has_ripe_beyond(p, known); })) return {};
  return state.marks.ripe(p);
}

bool log::wait_decided(partition_t p, seq_t through, std::stop_token stop) {
  auto& state = impl_->state;
  std::unique_lock lock{state.mutex};
  return state.changed.wait(lock, stop, [&] { return state.decided_up_to(p, through); });
}

decision log::decision_of(seq_t seq) const {
  const std::lock_guard lock{impl_->state.mutex};
  if (const auto found = impl_->state.index.find(seq)) return found->state;
  return seq > impl_->state.last_seq ? decision::undecided : decision::superseded;
}

std::optional<log::decided_range> log::wait_decided_after(partition_t p, seq_t after,
                                                          std::stop_token stop) const {
  auto& state = impl_->state;
  std::unique_lock lock{state.mutex};
  if (!state.changed.wait(lock, stop, [&] { return state.index.decided_through(p) > after; }))
    return std::nullopt;
  return decided_range{state.index.decided_through(p), {}};
}

log::decided_range log::decided(partition_t p, seq_t after, seq_t through,
                                const std::string& incarnation) const {
  const std::lock_guard lock{impl_->state.mutex};
  const auto& index = impl_->state.index;
  return {std::min(through, index.decided_through(p)), index.stale(p, after, through, incarnation)};
}

seq_t log::proven(partition_t p) const {
  const std::lock_guard lock{impl_->state.mutex};
  const auto it = impl_->state.proven.find(p);
  return it == impl_->state.proven.end() ? seq_t{} : it->second;
}

seq_t log::last_prepared(partition_t p) const {
  const std::lock_guard lock{impl_->state.mutex};
  return impl_->state.index.last(p);
}

seq_t log::trimmed(partition_t p) const {
  const std::lock_guard lock{impl_->state.mutex};
  return impl_->state.index.low(p);
}

std::size_t log::undecided(partition_t p) const {
  const std::lock_guard lock{impl_->state.mutex};
  return impl_->state.index.undecided(p);
}

void log::trim(partition_t p, seq_t through) {
  impl_->writes.submit(request::trim{p, through, {}});
  drop_trimmed_chunks();
  seq_t low;
  {
    const std::lock_guard lock{impl_->state.mutex};
    auto& trimmed = impl_->state.trimmed[p];
    if (trimmed.records < drop_after_records && trimmed.bytes < drop_after_bytes) return;
    trimmed = {};
    low = impl_->state.index.low(p);  // durable: nobody will look below it, after a restart neither
  }
  const auto from = record_key(p, seq_t{});
  const auto to = record_key(p, seq_t{low.value + 1});
  impl_->files->drop_range(family::data, from, to);
  impl_->files->drop_range(family::state, from, to);
}

bool log::has_room() const {
  constexpr std::uint64_t margin = 64ULL << 20;  // else it would be full again at once
  return impl_->files->free_bytes() >= impl_->min_free + margin;
}

bool log::failed() const {
  return !failure().empty();
}

std::string log::failure() const {
  const std::lock_guard lock{impl_->state.mutex};
  return impl_->state.failure;
}

}  // namespace pgtandem::outbox
