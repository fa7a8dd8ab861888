// The open marks in memory, and which of them are ripe. No I/O. Not thread-safe; the
// log guards it.
//
// A heal that begins after two marks on a table have ripened mends both, so one of them is enough: as long as
// no heal has begun for it, the oldest ripe mark on a whole table takes in those that ripen later. The
// oldest, because whoever waits for the marks that are open now knows it, too.
#pragma once

#include <map>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "outbox/log/log.h"

namespace pgtandem::outbox {

class marks_index {
 public:
  void add(open_mark m);  // one with a note: its heal has begun
  // Unknown ids, and marks that are ripe already, are left alone.
  void ripen(mark_id id);
  // The record `seq` was decided: the marks that came with it ripen.
  void writer_ended(seq_t seq);
  void clear(std::span<const mark_id> ids);
  // From here on they take in no more.
  void begin_heal(std::span<const mark_id> ids);
  void note_heal(mark_id id, std::string note);  // unknown ids are left alone

  // The mark whose clearing means that `id`, given to a mark on `table`, is cleared.
  [[nodiscard]] mark_id standing_for(mark_id id, partition_t p, const change::table_name& table) const;
  // Marks that were taken in since the last call: still on disk.
  [[nodiscard]] std::vector<mark_id> take_merged() { return std::exchange(merged_, {}); }

  [[nodiscard]] const open_mark* find(mark_id id) const;  // nullptr: unknown
  [[nodiscard]] std::vector<open_mark> all(partition_t p) const;
  [[nodiscard]] std::vector<open_mark> ripe(partition_t p) const;
  [[nodiscard]] bool has_ripe_beyond(partition_t p, const std::set<mark_id>& known) const;

 private:
  using place = std::pair<partition_t, change::table_name>;
  void forget_writer(const open_mark& m);
  void became_ripe(open_mark& m);
  void forget_waiting(const open_mark& m);

  std::map<mark_id, open_mark> marks_;
  std::map<partition_t, std::set<mark_id>> ripe_;
  std::map<place, mark_id> waiting_;  // ripe, on the whole table, no heal has begun
  std::vector<mark_id> merged_;
  std::multimap<seq_t, mark_id> by_writer_;  // unripe ones only
};

}  // namespace pgtandem::outbox
