#include "reconciler/heal/retry_schedule.h"

#include <set>

namespace pgtandem::reconciler {

std::vector<outbox::parked_key> retry_schedule::due(const std::vector<outbox::parked_key>& parked,
                                                    clock::time_point now) {
  std::set<std::uint64_t> known;
  std::vector<outbox::parked_key> out;
  for (const auto& p : parked) {
    known.insert(p.id);
    entry& e = entries_[p.id];
    if (e.attempts != p.attempts) {
      const bool may_settle_at_once = p.attempts == 1 && !p.in_the_way.empty();
      e = {p.attempts, may_settle_at_once ? now : now + outbox::parked_pause(p.attempts)};
    }
    if (e.due > now) continue;
    e.due = now + outbox::parked_pause(p.attempts + 1);
    out.push_back(p);
  }
  std::erase_if(entries_, [&](const auto& e) { return !known.contains(e.first); });
  return out;
}

void retry_schedule::hasten() {
  for (auto& [id, e] : entries_) e.due = {};
}

}  // namespace pgtandem::reconciler
