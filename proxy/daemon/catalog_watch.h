// Keeps the list of mirrored tables true: reads both catalogs at start, on request and from time to time, and
// asks legacy about every second (longer where it has thousands of tables) whether one of them was altered,
// or writes are carried elsewhere than before. Owns one thread between start() and stop(). Thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "protocol/catalog/carriers.h"
#include "protocol/catalog/load.h"
#include "proxy/session/capture/mirrored_catalog.h"

namespace pgtandem::client {
class connection;
}

namespace pgtandem::proxy {

struct refused_relation {
  change::table_name table;
  std::vector<std::string> reasons;
  std::vector<std::string> shape;  // on legacy
};

// What one look at both servers has found.
struct catalog_view {
  std::shared_ptr<const mirrored_catalog> mirrored;
  std::vector<refused_relation> refused;
  bool target_seen = false;  // ever; until then every table that legacy allows counts as mirrored
  std::set<change::table_name> on_target;
  bool changed = true;  // `mirrored` is another one than the last time
  // Of the whole of legacy, as they were when `mirrored` was read, or a moment before.
  catalog::carriers carriers{};
};

struct catalog_watch_options {
  std::string database;  // as configured, for log lines
  std::string legacy;    // conninfo
  std::string target;
  catalog::table_filter filter;
  // After every look, what it found being published; true: the next one is waited for. Where it throws, it is
  // called again after the next one.
  std::function<bool(const catalog_view&)> on_look;
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
  // These may just have been altered: until both servers have been looked at again, which is soon, nothing of
  // them is imaged, and what is written to them is marked.
  void doubt(const std::vector<change::table_name>& tables);

  [[nodiscard]] std::shared_ptr<const mirrored_catalog> mirrored() const;
  [[nodiscard]] std::vector<refused_relation> refused() const;

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace pgtandem::proxy
