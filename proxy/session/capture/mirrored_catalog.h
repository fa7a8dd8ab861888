// The mirrored tables as capture sees them: by oid, partition leaves folded into their root.
// Immutable after construction, shared by all sessions of a database.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "protocol/catalog/relation.h"
#include "protocol/sql/statement.h"

namespace pgtandem::proxy {

class mirrored_catalog {
 public:
  mirrored_catalog() = default;
  // `relations` are the included tables that can be mirrored (nothing refused on either side).
  explicit mirrored_catalog(std::vector<catalog::relation> relations);
  mirrored_catalog(const mirrored_catalog&) = delete;
  mirrored_catalog& operator=(const mirrored_catalog&) = delete;

  // The mirrored relation that `oid` is, or is a partition of; null if none.
  [[nodiscard]] const catalog::relation* find(oid_t oid) const;
  // Those that this name, or that of one of their partitions, would reach if they alone existed.
  [[nodiscard]] std::vector<const catalog::relation*> namesakes(const sql::relation_ref& ref) const;
  [[nodiscard]] const std::vector<catalog::relation>& relations() const { return relations_; }
  // Whether triggers, rules, foreign keys and children carry writes of these tables as they do in `other`.
  [[nodiscard]] bool carries_as(const mirrored_catalog& other) const;
  // Whether any mirrored table has a deferrable user trigger: it may write anything inside the commit.
  [[nodiscard]] bool writes_inside_commit() const { return writes_inside_commit_; }

 private:
  std::vector<catalog::relation> relations_;
  struct place {
    std::string schema;
    std::size_t relation = 0;
  };
  std::unordered_map<std::uint32_t, std::size_t> by_oid_;
  std::unordered_multimap<std::string, place> by_name_;
  bool writes_inside_commit_ = false;
};

}  // namespace pgtandem::proxy
