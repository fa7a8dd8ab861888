// Between the reading of rows for a heal and the heal's place in the log: which of those rows did a client's
// record touch meanwhile? Writers that leave marks do not count: what a heal read before they ended is mended
// by the heal that each of their marks waits for. No I/O. Not thread-safe but for the release of a window;
// the log guards it.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "outbox/log/log.h"

namespace pgtandem::outbox {

struct window_state {
  partition_t partition;
  change::table_name table;
  key_likeness likeness;
  bool discarded = false;
  std::unordered_map<std::string, std::vector<seq_t>> touched;  // key -> records
  std::unordered_set<std::string> alike;                        // likenesses of touched keys
};

class heal_windows {
 public:
  std::shared_ptr<window_state> open(partition_t p, const change::table_name& table,
                                     key_likeness likeness = {});
  // A client's record got this seq.
  void note(seq_t seq, const change::record& r);
  // A client's record was refused: its commit may go on without one.
  void discard(partition_t p);

  // Takes the touched keys out of `heal` and reports them.
  static std::vector<heal_result::dropped_key> drop_touched(const window_state& window, change::record& heal);

 private:
  template <class Visit>
  void for_each(partition_t p, const Visit& visit);

  std::vector<std::weak_ptr<window_state>> open_;
};

}  // namespace pgtandem::outbox
