// Looks for anything in a parse tree that is not proven harmless. Private to this folder. Pure; thread-safe.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "protocol/sql/statement.h"
#include "protocol/sql/syntax_tree.h"

namespace pgtandem::sql {

struct proof {
  bool harmless =
      true;  // every node is of a known kind that writes nothing; the root's own kind is not judged
  bool modifies = false;                     // INSERT, UPDATE, DELETE or MERGE below the root
  bool makes_table = false;                  // SELECT ... INTO
  bool depends_on_literal = false;           // a string constant was looked into
  std::vector<relation_ref> read{};          // relations named below the root, each once
  std::shared_ptr<const used_names> uses{};  // null: none
};

// What is known to be written: statements below the root, and relations that these or the root write, which
// are no reading.
using known_writes = std::span<const ProtobufCMessage* const>;

[[nodiscard]] proof examine(const ProtobufCMessage& root, known_writes known = {});

// Whether one of the FROM (USING) items goes by this name, so that "name".* would be ambiguous.
[[nodiscard]] bool names_range(PgQuery__Node* const* items, std::size_t count, std::string_view name);

[[nodiscard]] relation_ref to_relation_ref(const PgQuery__RangeVar& relation);

}  // namespace pgtandem::sql
