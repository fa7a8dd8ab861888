// Which ripe marks are worked off together: pure bookkeeping, without I/O or clock. Not thread-safe.
//
// All marks on a whole table that are ripe when its pass begins are covered by that pass; those that ripen
// later wait for the next one, because blocks that are read already may hold what they are about. So a mark
// whose pass has come somewhere in an earlier life of the daemon is taken alone, before the others. Marks of
// keys go together per table too, and never wait behind a pass over the whole table.
#pragma once

#include <compare>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "outbox/log/log.h"

namespace pgtandem::reconciler {

struct heal_work {
  change::table_name table;
  change::mark_scope scope = change::mark_scope::table;
  std::vector<std::string> keys;       // scope keys: each once
  std::vector<outbox::mark_id> marks;  // to be cleared when the work is done
  std::string note;                    // of its only mark: how far an earlier heal of it has come
};

class mark_queue {
 public:
  // Takes note of ripe marks that are new; others are ignored.
  void offer(const std::vector<outbox::open_mark>& marks);
  // Work that may start now: at most one per table and scope is under way at a time.
  [[nodiscard]] std::vector<heal_work> take();
  // The work is done and its marks are cleared.
  void finish(const heal_work& work);

  // Marks that were offered and are not finished.
  [[nodiscard]] const std::set<outbox::mark_id>& known() const { return known_; }

 private:
  struct lane {
    change::table_name table;
    change::mark_scope scope;
    friend auto operator<=>(const lane&, const lane&) = default;
  };
  [[nodiscard]] static heal_work work_of(const lane& l, std::vector<outbox::open_mark> marks);

  std::set<outbox::mark_id> known_;
  std::map<lane, std::vector<outbox::open_mark>> waiting_;
  std::set<lane> running_;
};

}  // namespace pgtandem::reconciler
