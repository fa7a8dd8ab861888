#include "proxy/daemon/mark_waits.h"

#include <algorithm>
#include <utility>

namespace pgtandem::proxy {

void mark_waits::for_present(std::vector<outbox::mark_id> marks) {
  waits_.push_back({stage::present, std::move(marks)});
}

void mark_waits::for_prepared(std::vector<outbox::mark_id> marks) {
  waits_.push_back({stage::prepared, std::move(marks)});
}

void mark_waits::for_transaction(std::vector<outbox::mark_id> marks, xid_t xid) {
  waits_.push_back({stage::transactions, std::move(marks), {id_in_locks(xid)}});
}

bool mark_waits::over(wait& w, const running_transactions& now) {
  switch (w.at) {
    case stage::present:
      w.at = stage::sessions;
      w.on = now.in_sessions;
      return w.on.empty();
    case stage::sessions:
      std::erase_if(w.on, [&](const auto& id) { return !now.in_sessions.contains(id); });
      return w.on.empty();
    case stage::prepared:
      return true;
    case stage::transactions:
      std::erase_if(
          w.on, [&](const auto& id) { return !now.in_sessions.contains(id) && !now.prepared.contains(id); });
      return w.on.empty();
  }
  return true;
}

transaction_ids mark_waits::unawaited(const change::table_name& table, const running_transactions& now,
                                      const tables& open) const {
  const auto locked = now.locked_by_prepared.find(table);
  if (locked == now.locked_by_prepared.end()) return {};
  transaction_ids rest = locked->second;
  for (const wait& w : waits_) {
    if (w.at != stage::transactions) continue;
    const bool of_table = std::ranges::any_of(w.marks, [&](outbox::mark_id id) {
      const auto mark = open.find(id);
      return mark != open.end() && mark->second == table;
    });
    if (of_table) std::erase_if(rest, [&](const auto& id) { return w.on.contains(id); });
  }
  return rest;
}

void mark_waits::await_prepared(const wait& w, const running_transactions& now, const tables& open,
                                std::vector<outbox::mark_id>& ripe) {
  for (const outbox::mark_id id : w.marks) {
    const auto mark = open.find(id);
    auto on = mark == open.end() ? transaction_ids{} : unawaited(mark->second, now, open);
    if (on.empty())
      ripe.push_back(id);
    else
      waits_.push_back({stage::transactions, {id}, std::move(on)});
  }
}

std::vector<outbox::mark_id> mark_waits::look(const running_transactions& now, const tables& open) {
  std::vector<outbox::mark_id> ripe;
  std::vector<wait> ended;
  for (std::size_t i = 0; i < waits_.size();) {
    if (over(waits_[i], now)) {
      ended.push_back(std::move(waits_[i]));
      waits_.erase(waits_.begin() + static_cast<std::ptrdiff_t>(i));
    } else {
      ++i;
    }
  }
  for (const wait& w : ended) {
    if (w.at == stage::transactions)
      ripe.insert(ripe.end(), w.marks.begin(), w.marks.end());
    else
      await_prepared(w, now, open, ripe);
  }
  return ripe;
}

}  // namespace pgtandem::proxy
