#include "outbox/log/heal_windows.h"

#include <algorithm>
#include <unordered_set>

namespace pgtandem::outbox {

std::shared_ptr<window_state> heal_windows::open(partition_t p, const change::table_name& table,
                                                 key_likeness likeness) {
  auto window = std::make_shared<window_state>();
  window->partition = p;
  window->table = table;
  window->likeness = std::move(likeness);
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

namespace {

// False: the key may equal any.
bool note_likeness(window_state& window, const std::string& key) {
  if (!window.likeness) return true;
  auto alike = window.likeness(key);
  if (alike) window.alike.insert(*std::move(alike));
  return alike.has_value();
}

}  // namespace

void heal_windows::note(seq_t seq, const change::record& r) {
  if (open_.empty()) return;
  for_each(r.partition, [&](window_state& window) {
    // Which keys its chunks touch nobody keeps.
    if (!r.chunks.empty() && std::find(r.tables.begin(), r.tables.end(), window.table) != r.tables.end())
      window.discarded = true;
    if (window.discarded) return;
    for (const auto& c : r.changes) {
      if (r.tables[c.table] != window.table) continue;
      if (c.op == change::op::truncate || !note_likeness(window, c.key)) {  // it may touch every key
        window.discarded = true;
        return;
      }
      auto& seqs = window.touched[c.key];
      if (seqs.empty() || seqs.back() != seq) seqs.push_back(seq);
    }
  });
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
    if (const auto it = window.touched.find(c.key); it != window.touched.end()) {
      if (reported.insert(it->first).second) dropped.push_back({it->first, it->second});
      return true;
    }
    if (!window.likeness) return false;
    const auto alike = window.likeness(c.key);
    if (alike && !window.alike.contains(*alike)) return false;
    dropped.push_back({c.key, {}});
    return true;
  });
  return dropped;
}

}  // namespace pgtandem::outbox
