#include "proxy/daemon/carrier_history.h"

namespace pgtandem::proxy {

using sort = catalog::carrier::sort;

void carrier_history::restore(std::set<std::string> texts) {
  texts_ = std::move(texts);
  restored_ = true;
}

carrier_history::news carrier_history::compare(
    const catalog::carriers& now, const std::function<bool(std::uint32_t xid)>& announced) const {
  news found;
  if (!restored_) return found;
  for (const catalog::carrier& c : now) {
    if (texts_.contains(c.text) || announced(c.xid)) continue;
    // What wrote such a table was looked at before its commit. But not what ran within the commit.
    if (c.what != sort::deferred_trigger && runs_code(c) && looked_at_.contains(c.on)) continue;
    const auto tables = catalog::reached(c, now);
    if (tables)
      found.tables.insert(tables->begin(), tables->end());
    else
      found.everything = true;
    found.texts.push_back(c.text);
  }
  return found;
}

bool carrier_history::adopt(const catalog::carriers& now) {
  looked_at_.clear();
  for (const catalog::carrier& c : now)
    if (runs_code(c)) looked_at_.insert(c.on);
  restored_ = true;
  std::set<std::string> texts = catalog::texts_of(now);
  const bool other = texts != texts_;
  texts_ = std::move(texts);
  return other;
}

}  // namespace pgtandem::proxy
