#include "reconciler/heal/mark_queue.h"

#include <algorithm>
#include <iterator>

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
    auto& [lane, marks] = *it;
    if (!running_.insert(lane).second) {
      ++it;
      continue;
    }
    const auto noted = std::ranges::find_if(marks, [](const auto& m) { return !m.heal_note.empty(); });
    if (noted != marks.end()) {
      ready.push_back(work_of(lane, {std::move(*noted)}));
      marks.erase(noted);
    } else {
      ready.push_back(work_of(lane, std::move(marks)));
      marks.clear();
    }
    it = marks.empty() ? waiting_.erase(it) : std::next(it);
  }
  return ready;
}

heal_work mark_queue::work_of(const lane& l, std::vector<outbox::open_mark> marks) {
  heal_work work{l.table, l.scope, {}, {}, {}};
  if (marks.size() == 1) work.note = std::move(marks.front().heal_note);
  std::set<std::string> keys;
  for (outbox::open_mark& m : marks) {
    work.marks.push_back(m.id);
    for (std::string& key : m.mark.keys) keys.insert(std::move(key));
  }
  work.keys.assign(keys.begin(), keys.end());
  return work;
}

void mark_queue::finish(const heal_work& work) {
  running_.erase(lane{work.table, work.scope});
  for (const outbox::mark_id id : work.marks) known_.erase(id);
}

}  // namespace pgtandem::reconciler
