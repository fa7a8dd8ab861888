// Keeps the list of mirrored tables true: reads both catalogs at start, on request and from time to time, and
// tells which tables came to be mirrored anew. Owns one thread between start() and stop(). Thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "protocol/catalog/load.h"
#include "proxy/session/mirrored_catalog.h"

namespace pgtandem::client {
class connection;
}

namespace pgtandem::proxy {

struct refused_relation {
  change::table_name table;
  std::vector<std::string> reasons;
};

struct catalog_view {
  std::shared_ptr<const mirrored_catalog> mirrored;
  std::vector<refused_relation> refused;
};

struct catalog_watch_options {
  std::string database;  // as configured, for log lines
  std::string legacy;    // conninfo
  std::string target;
  catalog::table_filter filter;
  // After a new catalog has been published.
  std::function<void(const mirrored_catalog&)> on_change;
  // Once, with the first connection to the target.
  std::function<void(client::connection& target)> on_target;
};

class catalog_watch {
 public:
  explicit catalog_watch(catalog_watch_options options);
  ~catalog_watch();  // stops
  // Blocks until legacy's catalog has been read once, retrying, or until `give_up` says so (false then). An
  // unreachable target is not waited for: until it is seen every table that legacy allows counts as mirrored.
  bool start(const std::function<bool()>& give_up);
  void stop();
  void refresh();  // soon

  [[nodiscard]] std::shared_ptr<const mirrored_catalog> mirrored() const;
  [[nodiscard]] std::vector<refused_relation> refused() const;

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace pgtandem::proxy
