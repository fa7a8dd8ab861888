#include "proxy/daemon/table_history.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "protocol/catalog/shape.h"
#include "protocol/change/display.h"

namespace pgtandem::proxy {
namespace {

std::set<change::table_name> mirrored_in(const catalog_view& view) {
  std::set<change::table_name> names;
  for (const catalog::relation& r : view.mirrored->relations()) names.insert(r.name);
  return names;
}

std::map<change::table_name, const refused_relation*> refused_in(const catalog_view& view) {
  std::map<change::table_name, const refused_relation*> found;
  for (const refused_relation& r : view.refused) found.emplace(r.table, &r);
  return found;
}

}  // namespace

table_history::table_history(on_ddl policy, catalog::table_filter filter)
    : policy_(policy), filter_(std::move(filter)) {}

table_history::news table_history::compare(const catalog_view& view) const {
  news found;
  for (const catalog::relation& r : view.mirrored->relations()) {
    const auto it = known_.find(r.name);
    if (it == known_.end()) {
      found.fresh.push_back(r.name);
      continue;
    }
    const known_table& before = it->second;
    std::string what;
    if (!before.shape.empty() && before.shape != r.shape)
      what = catalog::describe_alteration(before.shape, r.shape);
    if (what.empty() && before.left_out) what = "it fits the target again";
    if (!what.empty()) found.altered.push_back({r.name, std::move(what)});
  }
  return found;
}

void table_history::adopt(const catalog_view& view, seq_t through, seq_t fresh_through) {
  const news found = compare(view);
  for (const auto& table : found.fresh) known_[table].valid_after = fresh_through;
  for (const auto& a : found.altered) known_[a.table].valid_after = through;
  for (const catalog::relation& r : view.mirrored->relations()) {
    known_table& table = known_[r.name];
    table.shape = r.shape;
    table.fits |= view.target_seen;
    table.left_out = false;
  }
  leave_out(view);
}

void table_history::leave_out(const catalog_view& view) {
  const auto mirrored = mirrored_in(view);
  const auto refused = refused_in(view);
  for (auto it = known_.begin(); it != known_.end();) {
    auto& [name, table] = *it;
    const bool still = mirrored.contains(name);
    const bool on_legacy = still || refused.contains(name);
    const bool gone = !on_legacy && (policy_ == on_ddl::ignore || !table.fits ||
                                     (view.target_seen && !view.on_target.contains(name)));
    if (gone || !filter_.matches(name)) {
      it = known_.erase(it);
      continue;
    }
    table.left_out = !still;
    ++it;
  }
}

bool table_history::leaves_out_any() const {
  return std::any_of(known_.begin(), known_.end(), [](const auto& known) { return known.second.left_out; });
}

std::vector<std::string> table_history::in_the_way(const catalog_view& view) const {
  std::vector<std::string> sentences;
  if (policy_ == on_ddl::ignore) return sentences;
  const auto refused = refused_in(view);
  for (const auto& [name, table] : known_) {
    if (!table.left_out || !table.fits) continue;
    const auto unfit = refused.find(name);
    if (unfit == refused.end()) {
      sentences.push_back(
          fmt::format("{0} was dropped or renamed on legacy. Do the same on the target and pgtandem goes on "
                      "by itself; or exclude {0} and restart",
                      display(name)));
      continue;
    }
    const std::string what = catalog::describe_alteration(table.shape, unfit->second->shape);
    sentences.push_back(fmt::format(
        "{} no longer fits the target: {}.{} Alter the target alike and pgtandem goes on by itself; with "
        "`on_ddl: ignore` it leaves such a table out instead",
        display(name), fmt::join(unfit->second->reasons, "; "),
        what.empty() ? "" : " On legacy " + what + "."));
  }
  return sentences;
}

}  // namespace pgtandem::proxy
