#include "outbox/log/heal_windows.h"

#include <algorithm>
#include <unordered_set>

namespace pgtandem::outbox {

std::shared_ptr<window_state> heal_windows::open(partition_t p, const change::table_name& table,
                                                 bool any_touch_discards) {
  auto window = std::make_shared<window_state>();
  window->partition = p;
  window->table = table;
  window->any_touch_discards = any_touch_discards;
  open_.push_back(window);
  return window;
}

template <class Visit>
void heal_windows::for_each(partition_t p, const Visit& visit) {
  bool closed = false;
  for (const auto& weak : open_) {
    const auto window = weak.lock();
    if (!window)
      closed = true;
    else if (window->partition == p)
      visit(*window);
  }
  if (closed) std::erase_if(open_, [](const auto& weak) { return weak.expired(); });
}

void heal_windows::note(seq_t seq, const change::record& r) {
  if (open_.empty()) return;
  for_each(r.partition, [&](window_state& window) {
    for (const auto& m : r.marks)
      if (m.table == window.table) window.discarded = true;
    if (window.discarded) return;
    for (const auto& c : r.changes) {
      if (r.tables[c.table] != window.table) continue;
      if (window.any_touch_discards) {
        window.discarded = true;
        return;
      }
      auto& seqs = window.touched[c.key];
      if (seqs.empty() || seqs.back() != seq) seqs.push_back(seq);
    }
  });
}

void heal_windows::note_mark(partition_t p, const change::table_name& table) {
  for_each(p, [&](window_state& window) { window.discarded |= window.table == table; });
}

void heal_windows::discard(partition_t p) {
  for_each(p, [](window_state& window) { window.discarded = true; });
}

std::vector<heal_result::dropped_key> heal_windows::drop_touched(const window_state& window,
                                                                 change::record& heal) {
  std::vector<heal_result::dropped_key> dropped;
  if (window.touched.empty()) return dropped;
  std::unordered_set<std::string_view> reported;  // views into the window
  std::erase_if(heal.changes, [&](const change::row_change& c) {
    const auto it = window.touched.find(c.key);
    if (it == window.touched.end()) return false;
    if (reported.insert(it->first).second) dropped.push_back({it->first, it->second});
    return true;
  });
  return dropped;
}

}  // namespace pgtandem::outbox
