#include "proxy/session/mirrored_catalog.h"

namespace pgtandem::proxy {

mirrored_catalog::mirrored_catalog(std::vector<catalog::relation> relations)
    : relations_(std::move(relations)) {
  for (std::size_t i = 0; i < relations_.size(); ++i) {
    by_oid_.emplace(relations_[i].oid.value, i);
    for (const oid_t leaf : relations_[i].leaves) by_oid_.emplace(leaf.value, i);
    writes_inside_commit_ |= relations_[i].has_deferrable_triggers;
  }
}

const catalog::relation* mirrored_catalog::find(oid_t oid) const {
  const auto it = by_oid_.find(oid.value);
  return it == by_oid_.end() ? nullptr : &relations_[it->second];
}

}  // namespace pgtandem::proxy
