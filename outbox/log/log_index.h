// What the log keeps in memory of each record that was not trimmed: about 24 bytes, without I/O. Finds the
// decided prefix of a partition. Not thread-safe; the log guards it.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "outbox/log/log.h"

namespace pgtandem::outbox {

// The first decision stands, save that a settler may take over what is undecided, or committed on a legacy
// that lost it.
[[nodiscard]] constexpr bool may_become(decision from, decision to) {
  if (to == decision::undecided) return false;
  return from == decision::undecided || (from == decision::committed && to == decision::superseded);
}

class log_index {
 public:
  struct found {
    partition_t partition;
    decision state;
    std::uint64_t bytes;
    std::string_view incarnation;  // valid while the index lives
    staging_t staging;             // of its chunks
  };
  struct stretch {
    std::vector<seq_t> committed;
    seq_t through;
  };

  // `seq` is above every seq of the partition so far.
  void add(partition_t p, seq_t seq, decision state, std::string_view incarnation, std::uint64_t bytes,
           staging_t staging = {});
  [[nodiscard]] std::optional<found> find(seq_t seq) const;
  // false: unknown, trimmed, or the rule of may_become forbids it.
  bool decide(seq_t seq, decision to);

  // The last seq added, or trimmed to; 0 if none.
  [[nodiscard]] seq_t last(partition_t p) const;
  // Trimmed up to here.
  [[nodiscard]] seq_t low(partition_t p) const;
  // Everything up to here is decided.
  [[nodiscard]] seq_t decided_through(partition_t p) const;
  // Whether no undecided record lies at or below `through`.
  [[nodiscard]] bool decided_up_to(partition_t p, seq_t through) const;
  [[nodiscard]] std::size_t undecided(partition_t p) const;
  [[nodiscard]] std::vector<seq_t> undecided_seqs(partition_t p) const;
  [[nodiscard]] std::vector<partition_t> partitions() const;

  // The decided records behind `after`, up to `max_bytes` but at least one committed; nullopt if there are
  // none.
  [[nodiscard]] std::optional<stretch> decided_after(partition_t p, seq_t after,
                                                     std::uint64_t max_bytes) const;
  // Committed in (after, through], under another incarnation.
  [[nodiscard]] std::vector<seq_t> stale(partition_t p, seq_t after, seq_t through,
                                         std::string_view incarnation) const;

  struct trimmed {
    std::uint64_t records = 0;
    std::uint64_t bytes = 0;
  };
  // The chunks of records up to `through`.
  [[nodiscard]] std::vector<staging_t> stagings_up_to(partition_t p, seq_t through) const;
  // Forgets decided records up to `through`.
  trimmed trim(partition_t p, seq_t through);

 private:
  struct entry {
    seq_t seq;
    std::uint64_t bytes;
    std::uint32_t incarnation;
    decision state;
  };
  struct lane {
    std::deque<entry> entries;
    std::map<seq_t, staging_t> stagings;  // of the few that have chunks
    std::size_t prefix = 0;               // entries before the first undecided one
    std::size_t undecided = 0;
    seq_t low;  // trimmed up to here
    // The first entry above `seq`.
    [[nodiscard]] std::size_t above(seq_t seq) const;
  };

  [[nodiscard]] const lane* lane_of(partition_t p) const;
  [[nodiscard]] std::pair<const lane*, std::size_t> locate(seq_t seq, partition_t* p) const;
  std::uint32_t intern(std::string_view incarnation);

  std::map<partition_t, lane> lanes_;
  std::deque<std::string> incarnations_;  // a deque: views into it stay valid
  std::map<std::string_view, std::uint32_t> incarnation_ids_;
};

}  // namespace pgtandem::outbox
