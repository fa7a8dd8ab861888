#include "proxy/session/capture/cascades.h"

#include <algorithm>

namespace pgtandem::proxy {
namespace {

using catalog::cascade;
using catalog::relation;

class walk {
 public:
  explicit walk(const mirrored_catalog& mirrored) : mirrored_(mirrored) {}

  void follow(const relation& from, const row_effect& effect) {
    for (const cascade& key : from.cascades) {
      const char action = action_of(key, from, effect);
      if (action != 'c' && action != 'n' && action != 'd') continue;
      const relation* child = mirrored_.find(key.child);
      // The rows are written by statements like a client's: rules rewrite them, and triggers fire.
      if (child == nullptr || child->has_user_triggers || child->has_rules) {
        reach_.certain = false;
        continue;
      }
      reach_.tables.insert(child->name);
      const row_effect next = !effect && action == 'c'
                                  ? row_effect{}
                                  : row_effect{std::in_place, key.columns.begin(), key.columns.end()};
      if (seen_.emplace(child->oid, next).second) follow(*child, next);
    }
  }
  [[nodiscard]] cascade_reach take() { return std::move(reach_); }

 private:
  static char action_of(const cascade& key, const relation& from, const row_effect& effect) {
    if (!effect) return key.on_delete;
    const auto changes = [&](const std::string& name) {
      if (effect->contains(name)) return true;
      // A generated column may follow from any other.
      const auto column = std::find_if(from.columns.begin(), from.columns.end(),
                                       [&](const catalog::column& c) { return c.name == name; });
      return column == from.columns.end() || column->generated;
    };
    return std::any_of(key.referenced.begin(), key.referenced.end(), changes) ? key.on_update : 'a';
  }

  const mirrored_catalog& mirrored_;
  cascade_reach reach_;
  std::set<std::pair<oid_t, row_effect>> seen_;
};

}  // namespace

cascade_reach reach_of(const relation& from, const row_effect& effect, const mirrored_catalog& mirrored) {
  walk all(mirrored);
  all.follow(from, effect);
  return all.take();
}

std::shared_ptr<const plan> with_cascades(const std::shared_ptr<const plan>& p,
                                          const mirrored_catalog& mirrored) {
  const relation* target = mirrored.find(p->target_oid);
  const bool removes = p->kind == sql::statement_kind::remove;
  if (target == nullptr || target->cascades.empty() || (!removes && p->assigned.empty())) return p;
  const row_effect effect =
      removes ? row_effect{} : row_effect{std::in_place, p->assigned.begin(), p->assigned.end()};
  auto reach = reach_of(*target, effect, mirrored);
  auto found = std::make_shared<plan>(*p);
  found->also_unproven |= !reach.certain;
  found->watched = true;
  found->cascades_to = std::move(reach.tables);
  return found;
}

}  // namespace pgtandem::proxy
