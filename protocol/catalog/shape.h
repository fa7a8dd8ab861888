// The shape of a table: what decides how its rows are to be read, as lines that people can read, too
// ("column price numeric(10,2)"). It is compared far more often than the rest of the catalog is loaded, so it
// is read by one query of its own.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "protocol/catalog/carriers.h"
#include "protocol/catalog/relation.h"
#include "protocol/client/connection.h"

namespace pgtandem::catalog {

struct table_shape {
  change::table_name name;
  std::vector<std::string> lines;
  friend bool operator==(const table_shape&, const table_shape&) = default;
};

using shapes = std::map<oid_t, table_shape>;

// Those that do not exist (any more) are left out. Takes no lock on the tables. The connection's search_path
// has to be pg_catalog, so that types are always called the same. Blocking; throws client::pg_error.
[[nodiscard]] shapes load_shapes(client::connection& c, const std::vector<oid_t>& oids);
// As they were when these were loaded.
[[nodiscard]] shapes shapes_of(const std::vector<relation>& relations);

// Asks a server again and again, through a connection of its own, whether tables were altered. Blocking; not
// thread-safe.
class alteration_probe {
 public:
  explicit alteration_probe(std::string conninfo) : conninfo_(std::move(conninfo)) {}
  // Whether one of them has another shape now, or is gone. nullopt: the server does not answer.
  [[nodiscard]] std::optional<bool> altered(const shapes& known);
  // Whether there are other carriers now than these.
  [[nodiscard]] std::optional<bool> carries_otherwise(const std::set<std::string>& known);

 private:
  [[nodiscard]] client::connection& server();

  const std::string conninfo_;
  std::optional<client::connection> server_;
};

// What became of it, for people: "column price numeric(10,2) became column price numeric(12,4); column note
// text is new". Empty if nothing did.
[[nodiscard]] std::string describe_alteration(const std::vector<std::string>& before,
                                              const std::vector<std::string>& after);

}  // namespace pgtandem::catalog
