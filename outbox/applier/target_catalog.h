// The target's tables as far as changes have named them, read when first needed. Not thread-safe.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "protocol/catalog/relation.h"
#include "protocol/client/connection.h"

namespace pgtandem::outbox {

class target_catalog {
 public:
  // Reads those of `names` that are not known yet. Tables that do not exist stay unknown.
  void load(client::connection& c, const std::set<change::table_name>& names);
  // nullptr: the target has no such table. Valid until forget().
  [[nodiscard]] const catalog::relation* find(const change::table_name& name) const;
  // Of one that it has: whether changes of a key may be coalesced (change::key_is_canonical).
  [[nodiscard]] bool key_is_canonical(const change::table_name& name) const;
  void forget() { relations_.clear(); }

  // Statements for the beginning of a transaction that writes `names`: they lock the tables against DDL and
  // fail with division_by_zero where columns are no longer as they were read. Values read as a type that a
  // column had once might lose digits without any error. `parameter` has to live as long as the statements.
  [[nodiscard]] std::vector<client::connection::statement> check(const std::set<change::table_name>& names,
                                                                 std::string& parameter) const;

 private:
  std::map<change::table_name, catalog::relation> relations_;
};

}  // namespace pgtandem::outbox
