// The heal of one table, or of some of its keys, in steps of one window each, so that a long pass over one
// table does not hold up the others. Used by the healer's thread only.
//
// A pass over a table reads all blocks on legacy (rows that are there are written), then, once the target has
// applied all that was prepared until then, all blocks on the target: a key that legacy does not have is
// healed by key, and absent then means delete. A step that throws may be repeated: it goes on where it stood.
// So does a pass that a restart interrupted, where its mark has a note that still counts (pass_note.h).
#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "reconciler/heal/heal_window.h"
#include "reconciler/heal/healer.h"
#include "reconciler/heal/mark_queue.h"
#include "reconciler/heal/pass_note.h"
#include "reconciler/heal/window_size.h"
#include "reconciler/server/server_link.h"
#include "reconciler/server/storage.h"

namespace pgtandem::reconciler {

struct heal_servers {
  server_link& legacy;
  server_link& target;
  const healer_options& options;
  // Tables as they were when the target was found able to take their rows: keys of those are healed without
  // asking the target again, which may be down.
  std::map<change::table_name, catalog::relation>& verified;
};

struct step_result {
  bool finished = false;  // every window is appended: the marks may be cleared
  std::chrono::milliseconds again_in{0};
};

class table_heal {
 public:
  table_heal(heal_log log, heal_servers servers, heal_work work);
  // Does one window's worth. Throws client::pg_error, std::runtime_error, stop_requested.
  step_result step();
  // After step() threw: what is known of the table may be wrong by now, so begins from the catalog, and at
  // the first block.
  void start_over();
  // After step() threw a data error: keys of an altered table may not be readable as its present types. The
  // whole table is healed instead.
  void widen();

  [[nodiscard]] const heal_work& work() const { return work_; }
  [[nodiscard]] heal_progress& progress() { return progress_; }

 private:
  enum class phase { prepare, keys, ranges, fence, surplus, dropped, verify, finished };

  step_result prepare();
  bool find_table();  // false: the table is not mirrored any more, nothing is owed
  void check_target();
  step_result heal_keys();
  step_result heal_range();
  step_result wait_for_target();
  step_result find_surplus();
  step_result heal_dropped();
  step_result verify();
  step_result finish();
  void settle_dropped();
  [[nodiscard]] bool note_is_due() const;
  bool keep_note();  // false: some keys have to be healed before
  void forget_note();
  void go_on_from(const pass_note& note);
  bool take_note(window_outcome outcome);  // false: discarded
  [[nodiscard]] step_result pause() const;
  void begin_ranges();
  // What was read before legacy crashed may not have been flushed; of rows that were not there no record
  // tells.
  [[nodiscard]] bool legacy_lives_on() { return server_life(servers_.legacy.get()) == life_; }
  [[nodiscard]] std::string title() const;

  heal_log log_;
  heal_servers servers_;
  heal_work work_;
  heal_progress progress_;
  phase phase_ = phase::prepare;

  catalog::relation relation_;
  bool whole_;  // the whole table, not only keys
  std::vector<std::string> equalities_;
  std::deque<std::string> keys_;  // still to be healed by key
  phase after_keys_ = phase::dropped;
  std::vector<storage_leaf> leaves_;
  std::vector<storage_leaf> target_leaves_;
  std::string life_;    // legacy's, in which the pass began
  std::string ground_;  // of the pass; empty: no notes of it are kept
  bool noted_ = false;  // the mark has a note
  unsigned windows_since_note_ = 0;
  std::optional<pass_note> surplus_from_;  // this half was begun before
  std::size_t leaf_ = 0;
  std::uint64_t block_ = 0;
  bool size_read_again_ = false;
  std::uint64_t window_blocks_ = first_window_blocks;
  std::uint64_t window_keys_;
  std::optional<seq_t> fence_;
  std::vector<outbox::heal_result::dropped_key> dropped_;
  std::uint64_t too_large_ = 0;
  unsigned windows_ = 0;
  unsigned discards_ = 0;  // in a row
};

}  // namespace pgtandem::reconciler
