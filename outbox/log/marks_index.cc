#include "outbox/log/marks_index.h"

#include <algorithm>

namespace pgtandem::outbox {

void marks_index::add(open_mark m) {
  open_mark& added = marks_.emplace(m.id, std::move(m)).first->second;
  if (added.ripe) {
    became_ripe(added);
  } else if (added.writer) {
    by_writer_.emplace(*added.writer, added.id);
  }
}

void marks_index::became_ripe(open_mark& m) {
  ripe_[m.partition].insert(m.id);
  // Of what a heal that has begun has read, nobody can say that it holds what another mark is about.
  if (m.mark.scope != change::mark_scope::table || !m.heal_note.empty()) return;
  const auto [it, alone] = waiting_.try_emplace({m.partition, m.mark.table}, m.id);
  if (alone) return;
  open_mark& other = marks_.at(it->second);
  open_mark& kept = m.id < other.id ? m : other;
  open_mark& gone = m.id < other.id ? other : m;
  kept.merged += gone.merged + 1;
  it->second = kept.id;
  merged_.push_back(gone.id);
  ripe_[gone.partition].erase(gone.id);
  marks_.erase(gone.id);
}

void marks_index::forget_waiting(const open_mark& m) {
  const auto it = waiting_.find({m.partition, m.mark.table});
  if (it != waiting_.end() && it->second == m.id) waiting_.erase(it);
}

void marks_index::begin_heal(std::span<const mark_id> ids) {
  for (const mark_id id : ids)
    if (const auto it = marks_.find(id); it != marks_.end()) forget_waiting(it->second);
}

void marks_index::note_heal(mark_id id, std::string note) {
  if (const auto it = marks_.find(id); it != marks_.end()) it->second.heal_note = std::move(note);
}

const open_mark* marks_index::find(mark_id id) const {
  const auto it = marks_.find(id);
  return it == marks_.end() ? nullptr : &it->second;
}

mark_id marks_index::standing_for(mark_id id, partition_t p, const change::table_name& table) const {
  if (marks_.contains(id)) return id;
  const auto it = waiting_.find({p, table});
  return it == waiting_.end() ? id : it->second;
}

void marks_index::forget_writer(const open_mark& m) {
  if (!m.writer) return;
  auto [from, to] = by_writer_.equal_range(*m.writer);
  from = std::find_if(from, to, [&](const auto& e) { return e.second == m.id; });
  by_writer_.erase(from);
}

void marks_index::ripen(mark_id id) {
  const auto it = marks_.find(id);
  if (it == marks_.end() || it->second.ripe) return;
  forget_writer(it->second);
  it->second.ripe = true;
  became_ripe(it->second);
}

void marks_index::writer_ended(seq_t seq) {
  for (auto it = by_writer_.find(seq); it != by_writer_.end(); it = by_writer_.find(seq)) ripen(it->second);
}

void marks_index::clear(std::span<const mark_id> ids) {
  for (const mark_id id : ids) {
    const auto it = marks_.find(id);
    if (it == marks_.end()) continue;
    if (it->second.ripe) {
      ripe_[it->second.partition].erase(id);
      forget_waiting(it->second);
    } else {
      forget_writer(it->second);
    }
    marks_.erase(it);
  }
}

std::vector<open_mark> marks_index::all(partition_t p) const {
  std::vector<open_mark> out;
  for (const auto& [id, m] : marks_)
    if (m.partition == p) out.push_back(m);
  return out;
}

std::vector<open_mark> marks_index::ripe(partition_t p) const {
  std::vector<open_mark> out;
  if (const auto it = ripe_.find(p); it != ripe_.end())
    for (const mark_id id : it->second) out.push_back(marks_.at(id));
  return out;
}

bool marks_index::has_ripe_beyond(partition_t p, const std::set<mark_id>& known) const {
  const auto it = ripe_.find(p);
  if (it == ripe_.end()) return false;
  return !std::includes(known.begin(), known.end(), it->second.begin(), it->second.end());
}

}  // namespace pgtandem::outbox
