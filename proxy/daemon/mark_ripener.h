// Marks whose writer is not a record: they become ripe once nothing that wrote under them can still be at
// work. Owns one thread and one connection to legacy between start() and stop(). Thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "outbox/log/log.h"
#include "protocol/types.h"

namespace pgtandem::proxy {

class mark_ripener {
 public:
  mark_ripener(outbox::log& log, partition_t partition, std::string legacy);
  ~mark_ripener();  // stops
  void start();
  void stop();
  // Goes on waiting for those that were not ripe, or not known to be, when the log was last open.
  void resume(const std::vector<outbox::open_mark>& marks);
  // Ripe once every transaction that runs on legacy at some moment after this call has ended, and every
  // statement that may write, for which a transaction may only begin, or which goes on to others.
  // As below, of those that are prepared for two-phase commit only such as have written a mark's table hold
  // it up.
  void after_present_transactions(std::vector<outbox::mark_id> marks);
  // Ripe once this backend, or whoever had its pid when this was called, is gone, and what it may have left
  // prepared has ended.
  void after_backend(std::vector<outbox::mark_id> marks, std::uint32_t pid);
  // Ripe once what was prepared under them, if anything, has ended.
  void after_prepared_transactions(std::vector<outbox::mark_id> marks);
  // Ripe once this writer's transaction has ended. With a gid it is about to be prepared as that, and these
  // are all the marks that it needs, perhaps none.
  void after_transaction(std::vector<outbox::mark_id> marks, const outbox::legacy_writer& writer);
  // Asks which tables the transaction has written that is prepared by this name. nullopt: there is none, or
  // that could not be asked. `done` is called by the ripener's thread, once unless it is stopped before.
  void ask_written(std::string gid, std::function<void(std::optional<std::set<change::table_name>>)> done);
  // Whether marks wait for a transaction that was prepared by this name.
  [[nodiscard]] bool awaits(std::string_view gid) const;
  // Whether such a transaction may have defined things.
  [[nodiscard]] bool may_define(std::string_view gid) const;

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace pgtandem::proxy
