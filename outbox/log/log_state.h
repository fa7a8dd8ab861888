// What the writer thread and the log's callers share, behind one mutex. Nothing in it is ahead of the disk,
// save what says so.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "outbox/log/heal_windows.h"
#include "outbox/log/log_index.h"
#include "outbox/log/marks_index.h"

namespace pgtandem::outbox {

// The chunks of one transaction that no record names yet.
struct open_staging {
  std::vector<std::uint64_t> changes;  // of each
  std::uint64_t bytes = 0;
};

struct log_state {
  std::mutex mutex;
  std::condition_variable_any changed;  // anything below

  log_index index;
  marks_index marks;
  heal_windows windows;
  std::map<std::string, partition_t, std::less<>> partitions;
  std::map<partition_t, seq_t> proven;  // may be ahead of the disk: losing it costs a heal, no more
  std::map<partition_t, std::set<seq_t>> in_doubt;  // reported and not handed out

  std::map<partition_t, log_index::trimmed> trimmed;  // since files were dropped last
  std::vector<staging_t> trimmed_stagings;            // the same

  // Given by the writer to records that are being written: ahead of the disk.
  seq_t last_seq;
  mark_id last_mark;
  std::map<partition_t, seq_t> last_given;
  std::map<staging_t, open_staging> stagings;
  staging_t last_staging;

  std::string failure;  // not empty: failed

  [[nodiscard]] seq_t last_given_in(partition_t p) const {
    const auto it = last_given.find(p);
    return std::max(it == last_given.end() ? seq_t{} : it->second, index.last(p));
  }
  // Whether every record at or below `through` is durable and decided.
  [[nodiscard]] bool decided_up_to(partition_t p, seq_t through) const {
    return index.last(p) >= std::min(through, last_given_in(p)) && index.decided_up_to(p, through);
  }
};

}  // namespace pgtandem::outbox
