#include "outbox/log/log_impl.h"

#include "outbox/log/key_codec.h"
#include "protocol/change/record_codec.h"

namespace pgtandem::outbox {

namespace {

// Nearer seqs are read by one scan, also over those between that nobody asked for.
constexpr std::uint64_t max_gap = 64;

}  // namespace

log_impl::log_impl(const log_options& options, std::unique_ptr<store> s)
    : files(std::move(s)),
      min_free(options.min_free_bytes),
      identity(recover(*files, options.path, state)),
      writes(*files, state, free_space{options.min_free_bytes, [this] { return files->free_bytes(); }}) {}

heal_window log_impl::make_window(std::shared_ptr<window_state> state, seq_t opened_at) {
  heal_window window;
  window.state_ = std::move(state);
  window.opened_at_ = opened_at;
  return window;
}

std::shared_ptr<window_state> log_impl::release(heal_window& window) {
  return std::move(window.state_);
}

void log_impl::fail(const std::string& why) {
  {
    const std::lock_guard lock{state.mutex};
    if (state.failure.empty()) state.failure = why;
  }
  state.changed.notify_all();
}

std::optional<std::vector<stored_record>> log_impl::load(partition_t p, const std::vector<seq_t>& seqs) {
  std::vector<stored_record> records;
  records.reserve(seqs.size());
  std::size_t next = 0;
  while (next < seqs.size()) {
    std::size_t last = next;
    while (last + 1 < seqs.size() && seqs[last + 1].value - seqs[last].value <= max_gap) ++last;
    std::optional<std::string> problem =
        files->scan(family::data, record_key(p, seqs[next]), record_key(p, seq_t{seqs[last].value + 1}),
                    [&](std::string_view key, std::string_view value) {
                      const auto at = parse_record_key(key);
                      // Those that were trimmed meanwhile are left out; the check below tells them from lost
                      // ones.
                      while (at && next <= last && seqs[next] < at->second) ++next;
                      if (!at || next > last || at->second != seqs[next]) return true;
                      if (auto r = change::decode_record(value))
                        records.push_back({seqs[next++], std::move(*r)});
                      return true;
                    });
    next = last + 1;
    if (problem) {
      fail("the outbox cannot be read and must be looked after: " + *problem);
      return std::nullopt;
    }
  }
  const std::unique_lock lock{state.mutex};
  const seq_t low = state.index.low(p);
  std::size_t have = 0;
  for (const seq_t seq : seqs) {
    if (have < records.size() && records[have].seq == seq) {
      ++have;
    } else if (seq > low) {
      if (state.failure.empty())
        state.failure = "the outbox is damaged: record " + std::to_string(seq.value) + " cannot be read";
      state.changed.notify_all();
      return std::nullopt;
    }
  }
  return records;
}

}  // namespace pgtandem::outbox
