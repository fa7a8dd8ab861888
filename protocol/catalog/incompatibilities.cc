#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "protocol/catalog/image_sql.h"
#include "protocol/catalog/load.h"

namespace pgtandem::catalog {

namespace {

const column* find_column(const relation& r, const std::string& name) {
  const auto it =
      std::find_if(r.columns.begin(), r.columns.end(), [&](const auto& c) { return c.name == name; });
  return it == r.columns.end() ? nullptr : &*it;
}

std::set<std::string> key_names(const relation& r) {
  std::set<std::string> names;
  for (const auto& k : r.key) names.insert(r.columns[k.column].name);
  return names;
}

std::string list(const std::set<std::string>& names) {
  std::vector<std::string> quoted;
  for (const auto& n : names) quoted.push_back(quote_identifier(n));
  return fmt::format("({})", fmt::join(quoted, ", "));
}

}  // namespace

std::vector<std::string> incompatibilities(const relation& legacy, const relation* target) {
  if (target == nullptr) return {"the target has no such table"};
  std::vector<std::string> out;
  for (const auto& c : legacy.columns) {
    const auto* other = find_column(*target, c.name);
    const auto name = quote_identifier(c.name);
    if (other == nullptr) {
      out.push_back(fmt::format("the target lacks column {}", name));
      continue;
    }
    if (other->type != c.type) {
      out.push_back(
          fmt::format("column {} has type {} on legacy and {} on the target", name, c.type, other->type));
    }
    if (other->generated && !c.generated) {
      out.push_back(fmt::format("column {} is generated on the target and cannot be written there", name));
    }
    if (c.generated && !other->generated) {
      out.push_back(fmt::format("column {} is generated on legacy but not on the target", name));
    }
    if (other->not_null && !c.not_null) {
      out.push_back(fmt::format("column {} may be NULL on legacy but not on the target", name));
    }
  }
  if (target->has_rules) out.emplace_back("the target's table has rules, which would change what is written");
  for (const auto& c : target->columns) {
    if (find_column(legacy, c.name) != nullptr || !c.not_null || c.has_default || c.generated) continue;
    out.push_back(
        fmt::format("column {} exists on the target alone and has neither a default nor allows NULL",
                    quote_identifier(c.name)));
  }
  if (legacy.key.empty() || target->key.empty()) {
    if (target->key.empty()) out.emplace_back("the target's table has no usable key");
  } else if (key_names(legacy) != key_names(*target)) {
    out.push_back(fmt::format("the key is {} on legacy and {} on the target", list(key_names(legacy)),
                              list(key_names(*target))));
  }
  return out;
}

}  // namespace pgtandem::catalog
