// The open marks in memory: which are ripe, and which tables have unripe ones. No I/O. Not thread-safe; the
// log guards it.
#pragma once

#include <map>
#include <set>
#include <span>
#include <vector>

#include "outbox/log/log.h"

namespace pgtandem::outbox {

class marks_index {
 public:
  void add(open_mark m);
  // Unknown ids, and marks that are ripe already, are left alone.
  void ripen(mark_id id);
  // The record `seq` was decided: the marks that came with it ripen.
  void writer_ended(seq_t seq);
  void clear(std::span<const mark_id> ids);

  [[nodiscard]] std::vector<open_mark> all(partition_t p) const;
  [[nodiscard]] std::vector<open_mark> ripe(partition_t p) const;
  [[nodiscard]] bool has_ripe_beyond(partition_t p, const std::set<mark_id>& known) const;
  // A writer of this table that left no images may be running.
  [[nodiscard]] bool has_unripe(partition_t p, const change::table_name& table) const;

 private:
  using place = std::pair<partition_t, change::table_name>;
  void forget_unripe(const open_mark& m);

  std::map<mark_id, open_mark> marks_;
  std::map<partition_t, std::set<mark_id>> ripe_;
  std::map<place, std::size_t> unripe_;      // how many
  std::multimap<seq_t, mark_id> by_writer_;  // unripe ones only
};

}  // namespace pgtandem::outbox
