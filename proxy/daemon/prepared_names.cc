#include "proxy/daemon/prepared_names.h"

#include <algorithm>

namespace pgtandem::proxy {

void prepared_names::add(const std::string& gid, xid_t xid, bool defines) {
  const std::lock_guard lock(mutex_);
  names_[{gid, id_in_locks(xid)}] = defines;
}

bool prepared_names::contains(std::string_view gid) const {
  const std::lock_guard lock(mutex_);
  return std::ranges::any_of(names_, [&](const auto& entry) { return entry.first.first == gid; });
}

bool prepared_names::may_define(std::string_view gid) const {
  const std::lock_guard lock(mutex_);
  bool known = false;
  for (const auto& [name, defines] : names_) {
    if (name.first != gid) continue;
    if (defines) return true;
    known = true;
  }
  return !known;
}

prepared_names::entries prepared_names::all() const {
  const std::lock_guard lock(mutex_);
  return names_;
}

bool prepared_names::empty() const {
  const std::lock_guard lock(mutex_);
  return names_.empty();
}

void prepared_names::forget_ended(const entries& before, const running_transactions& now) {
  const std::lock_guard lock(mutex_);
  for (const auto& [name, defines] : before)
    if (!now.in_sessions.contains(name.second) && !now.prepared.contains(name.second)) names_.erase(name);
}

}  // namespace pgtandem::proxy
