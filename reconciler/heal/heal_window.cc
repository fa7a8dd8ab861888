#include "reconciler/heal/heal_window.h"

#include <algorithm>
#include <set>

#include "protocol/change/image.h"
#include "protocol/planted_bug.h"

namespace pgtandem::reconciler {

namespace {

outbox::key_likeness likeness_of(const catalog::relation& r) {
  if (change::key_is_canonical(r)) return {};
  return [forms = r.key](std::string_view key) { return change::key_likeness(key, forms); };
}

}  // namespace

window_outcome heal_through_window(const heal_log& to, const catalog::relation& r,
                                   const std::function<read_rows()>& read) {
  outbox::heal_window window = to.log.open_window(to.partition, r.name, likeness_of(r));
  if (!planted(planted_bug::heal_without_wait) &&
      !to.log.wait_decided(to.partition, window.opened_at(), to.stop))
    throw stop_requested();

  change::record heal;
  heal.kind = change::record_kind::heal;
  heal.partition = to.partition;
  // Before the read: an incarnation older than the one the rows were read in only causes another heal.
  heal.incarnation = to.life.current();
  if (heal.incarnation.empty()) throw std::runtime_error("legacy has not been reached yet");
  heal.correlation_id = "heal";
  heal.tables = {r.name};

  read_rows rows = read();
  window_outcome outcome;
  outcome.rows = rows.rows;
  outcome.bytes = rows.bytes;
  outcome.too_large = rows.too_large;
  // Nothing to append, so nobody says whether the window was discarded: what discards one leaves marks.
  if (rows.changes.empty()) return outcome;
  const std::size_t offered = rows.changes.size();
  heal.changes = std::move(rows.changes);

  outbox::heal_result result = to.log.append_heal(std::move(window), std::move(heal));
  if (!result.error.empty()) throw std::runtime_error(result.error);
  outcome.discarded = result.discarded;
  if (!result.discarded) {
    outcome.written = offered - std::min(offered, result.dropped.size());
    outcome.dropped = std::move(result.dropped);
  }
  return outcome;
}

std::vector<std::string> keys_to_heal_again(const heal_log& to,
                                            const std::vector<outbox::heal_result::dropped_key>& dropped) {
  seq_t last{};
  for (const auto& d : dropped) {
    for (const seq_t s : d.taken_over_by) last = std::max(last, s);
  }
  if (last != seq_t{} && !to.log.wait_decided(to.partition, last, to.stop)) throw stop_requested();
  std::set<std::string> again;
  for (const auto& d : dropped) {
    const bool taken_over = std::ranges::any_of(
        d.taken_over_by, [&](seq_t s) { return to.log.decision_of(s) == outbox::decision::committed; });
    if (!taken_over) again.insert(d.key);
  }
  return {again.begin(), again.end()};
}

}  // namespace pgtandem::reconciler
