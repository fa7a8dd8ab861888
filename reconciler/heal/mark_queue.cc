#include "reconciler/heal/mark_queue.h"

namespace pgtandem::reconciler {

void mark_queue::offer(const std::vector<outbox::open_mark>& marks) {
  for (const outbox::open_mark& m : marks) {
    if (!m.ripe || !known_.insert(m.id).second) continue;
    waiting_[lane{m.mark.table, m.mark.scope}].push_back(m);
  }
}

std::vector<heal_work> mark_queue::take() {
  std::vector<heal_work> ready;
  for (auto it = waiting_.begin(); it != waiting_.end();) {
    if (running_.contains(it->first)) {
      ++it;
      continue;
    }
    heal_work work{it->first.table, it->first.scope, {}, {}};
    std::set<std::string> keys;
    for (outbox::open_mark& m : it->second) {
      work.marks.push_back(m.id);
      for (std::string& key : m.mark.keys) keys.insert(std::move(key));
    }
    work.keys.assign(keys.begin(), keys.end());
    running_.insert(it->first);
    ready.push_back(std::move(work));
    it = waiting_.erase(it);
  }
  return ready;
}

void mark_queue::finish(const heal_work& work) {
  running_.erase(lane{work.table, work.scope});
  for (const outbox::mark_id id : work.marks) known_.erase(id);
}

}  // namespace pgtandem::reconciler
