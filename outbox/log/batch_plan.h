// Turns a run of requests into one write batch, and says what to publish and whom to answer once it is
// durable. No I/O. Belongs to the writer thread, which holds the mutex of `state` while requests are added.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "outbox/log/free_space.h"
#include "outbox/log/log_state.h"
#include "outbox/log/request.h"
#include "outbox/log/store.h"

namespace pgtandem::outbox {

// Larger records are refused: RocksDB's batch holds values below 4 GiB.
inline constexpr std::uint64_t max_record_bytes = 1ULL << 30;

class batch_plan {
 public:
  batch_plan(log_state& state, free_space& space, std::int64_t now_unix_ms)
      : state_(state), space_(space), now_unix_ms_(now_unix_ms) {}

  void add(log_request& r) {
    std::visit([this](auto& request) { plan(request); }, r);
  }

  [[nodiscard]] const write_batch& batch() const { return batch_; }
  // Marks that others stand for leave the disk with the next batch that is written anyway.
  void erase_merged_marks();
  // The batch is durable; under the mutex.
  void publish();
  // Without the mutex. nullptr: the batch is durable.
  void answer_all(const std::string* error);

 private:
  void plan(request::prepare& r);
  void plan(request::stage& r);
  void plan(request::drop_staging& r);
  void plan(request::decide& r);
  void plan(request::supersede& r);
  void plan(request::add_marks& r);
  void plan(request::ripen& r);
  void plan(request::note_heal& r);
  void plan(request::clear_marks& r);
  void plan(request::append_heal& r);
  void plan(request::name_partition& r);
  void plan(request::set_proven& r);
  void plan(request::trim& r);

  // Why a record's chunks are not those that were staged, or empty.
  [[nodiscard]] std::string missing_chunk(const change::record& r) const;
  void erase_chunks(staging_t staging);
  // Puts a record and its state row; published as `state`.
  seq_t put_record(const change::record& r, std::string encoded, decision state);
  [[nodiscard]] mark_id put_mark(open_mark m);
  // false: the rule forbids it, counting what this batch has decided already.
  [[nodiscard]] bool put_decision(seq_t seq, decision to);
  // Why a record of this size is refused, or empty.
  [[nodiscard]] std::string no_room_for(std::size_t bytes);

  log_state& state_;
  free_space& space_;
  std::int64_t now_unix_ms_;
  write_batch batch_;
  std::map<seq_t, decision> decided_here_;
  std::map<std::string, partition_t> named_here_;
  std::map<partition_t, seq_t> low_here_;
  std::vector<std::function<void()>> publish_;
  std::vector<answer> answers_;
};

}  // namespace pgtandem::outbox
