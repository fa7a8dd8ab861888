#include "proxy/session/capture/mirrored_catalog.h"

#include <algorithm>

namespace pgtandem::proxy {

mirrored_catalog::mirrored_catalog(std::vector<catalog::relation> relations)
    : relations_(std::move(relations)) {
  for (std::size_t i = 0; i < relations_.size(); ++i) {
    by_oid_.emplace(relations_[i].oid.value, i);
    for (const oid_t leaf : relations_[i].leaves) by_oid_.emplace(leaf.value, i);
    by_name_.emplace(relations_[i].name.name, place{relations_[i].name.schema, i});
    for (const auto& leaf : relations_[i].leaf_names) by_name_.emplace(leaf.name, place{leaf.schema, i});
    writes_inside_commit_ |= relations_[i].has_deferrable_triggers;
  }
}

bool mirrored_catalog::carries_as(const mirrored_catalog& other) const {
  if (this == &other) return true;
  return std::all_of(relations_.begin(), relations_.end(), [&](const catalog::relation& r) {
    const catalog::relation* there = other.find(r.oid);
    return there == nullptr ||
           (r.has_user_triggers == there->has_user_triggers &&
            r.has_deferrable_triggers == there->has_deferrable_triggers && r.has_rules == there->has_rules &&
            r.has_inheritance_children == there->has_inheritance_children && r.cascades == there->cascades);
  });
}

const catalog::relation* mirrored_catalog::find(oid_t oid) const {
  const auto it = by_oid_.find(oid.value);
  return it == by_oid_.end() ? nullptr : &relations_[it->second];
}

std::vector<const catalog::relation*> mirrored_catalog::namesakes(const sql::relation_ref& ref) const {
  std::vector<const catalog::relation*> found;
  const auto [begin, end] = by_name_.equal_range(ref.name);
  for (auto it = begin; it != end; ++it)
    if (!ref.schema || *ref.schema == it->second.schema) found.push_back(&relations_[it->second.relation]);
  return found;
}

}  // namespace pgtandem::proxy
