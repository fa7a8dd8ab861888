#include "outbox/log/marks_index.h"

#include <algorithm>

namespace pgtandem::outbox {

void marks_index::add(open_mark m) {
  if (m.ripe) {
    ripe_[m.partition].insert(m.id);
  } else {
    ++unripe_[{m.partition, m.mark.table}];
    if (m.writer) by_writer_.emplace(*m.writer, m.id);
  }
  marks_.emplace(m.id, std::move(m));
}

void marks_index::forget_unripe(const open_mark& m) {
  const auto it = unripe_.find({m.partition, m.mark.table});
  if (--it->second == 0) unripe_.erase(it);
  if (!m.writer) return;
  auto [from, to] = by_writer_.equal_range(*m.writer);
  from = std::find_if(from, to, [&](const auto& e) { return e.second == m.id; });
  by_writer_.erase(from);
}

void marks_index::ripen(mark_id id) {
  const auto it = marks_.find(id);
  if (it == marks_.end() || it->second.ripe) return;
  forget_unripe(it->second);
  it->second.ripe = true;
  ripe_[it->second.partition].insert(id);
}

void marks_index::writer_ended(seq_t seq) {
  for (auto it = by_writer_.find(seq); it != by_writer_.end(); it = by_writer_.find(seq)) ripen(it->second);
}

void marks_index::clear(std::span<const mark_id> ids) {
  for (const mark_id id : ids) {
    const auto it = marks_.find(id);
    if (it == marks_.end()) continue;
    if (it->second.ripe)
      ripe_[it->second.partition].erase(id);
    else
      forget_unripe(it->second);
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

bool marks_index::has_unripe(partition_t p, const change::table_name& table) const {
  return unripe_.contains({p, table});
}

}  // namespace pgtandem::outbox
