// The changes of the present transaction, in order, with room for a bounded part of them: what is more leaves
// in chunks for the outbox while the transaction runs. A savepoint that is rolled back takes changes off the
// end, also of a chunk that has left. Sans-I/O, one per session.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "protocol/change/record.h"

namespace pgtandem::proxy {

// Changes on their way to the outbox.
struct staged_chunk {
  staging_t staging;
  std::uint32_t number = 0;
  std::vector<change::row_change> changes;
};

class change_buffer {
 public:
  // About so many bytes are a chunk; at most twice as many are kept.
  explicit change_buffer(std::size_t chunk_bytes) : chunk_bytes_(chunk_bytes) {}

  void add(change::row_change c);
  // How many changes there are: a savepoint's place.
  [[nodiscard]] std::uint64_t size() const { return staged_ + tail_.size(); }
  void cut(std::uint64_t size);
  // Those that have not left in a chunk, and whether any has that counts.
  [[nodiscard]] std::span<const change::row_change> in_memory() const { return tail_; }
  [[nodiscard]] bool any_staged() const { return staged_ > 0; }
  // Of `count` removals from `first` on: those that a change behind them writes again. What has left in a
  // chunk stays, and comes to the same.
  void drop_removals_of_kept_keys(std::uint64_t first, std::uint64_t count);

  // The next chunk, if one is due; one is under way at a time. The first needs a new staging.
  [[nodiscard]] std::optional<staged_chunk> take_chunk(const std::function<staging_t()>& new_staging);
  // False: it was refused, and the changes so far are lost.
  [[nodiscard]] bool on_staged(staging_t staging, bool taken);
  [[nodiscard]] bool under_way() const { return under_way_; }
  // A chunk is due and another under way: no more should be added before that is answered.
  [[nodiscard]] bool full() const { return under_way_ && tail_bytes_ >= chunk_bytes_; }

  // Puts them into the record and begins anew.
  void move_to(change::record& r);
  // Begins anew.
  void clear();
  // A staging that nothing will be recorded of.
  [[nodiscard]] std::optional<staging_t> take_abandoned();

 private:
  const std::size_t chunk_bytes_;
  std::vector<change::row_change> tail_;
  std::size_t tail_bytes_ = 0;
  std::uint64_t staged_ = 0;  // changes that count in `chunks_`
  staging_t staging_;
  std::vector<change::chunk_ref> chunks_;
  std::uint32_t next_number_ = 0;
  bool under_way_ = false;
  std::vector<staging_t> abandoned_;
};

}  // namespace pgtandem::proxy
