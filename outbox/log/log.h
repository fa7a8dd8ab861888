// The outbox log: records in RocksDB, durable before the commit they belong to is let through.
//
// One writer thread merges everybody's requests into one synced WriteBatch and gives each record its `seq` in
// durable order. A failed batch means unknown: the writer stops, `failed()` is true, every request is
// answered with an error, and only reopening goes on. All functions are thread-safe; callbacks run on the
// writer thread, must return at once and must not throw. What blocks until a stop goes on blocking after a
// failure, and its callers have to be stopped before the log is destroyed.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "protocol/change/record.h"
#include "protocol/types.h"

namespace pgtandem::outbox {

struct log_options {
  std::string path;
  // Below this the log refuses records (invariant 8 decides what then).
  std::uint64_t min_free_bytes = 2ULL << 30;
};

enum class decision : std::uint8_t {
  undecided = 0,
  committed = 1,
  aborted = 2,
  superseded = 3,  // nobody can know any more; a heal has taken its keys over
};

struct log_error {
  std::string message;
};

// nullopt seq: the record is not (known to be) durable; its commit must not be forwarded.
struct prepare_result {
  std::optional<seq_t> seq;
  std::string error;
};

using mark_id = strong<std::uint64_t, struct mark_id_tag>;

// A mark as the log keeps it. It is ripe once its writer has ended; only then a heal may start on it.
struct open_mark {
  mark_id id;
  partition_t partition;
  change::mark mark;
  std::optional<seq_t> writer;  // the record it came with
  bool ripe = false;
  std::int64_t created_unix_ms = 0;
  std::uint64_t merged = 0;  // later marks that it stands for (since the log was opened)
};

struct stored_record {
  seq_t seq;
  change::record record;
};

// A stretch of one partition in seq order that the relay may publish: everything up to `through` is decided,
// `records` are the committed ones in (after, through].
struct batch {
  std::vector<stored_record> records;
  seq_t through;
};

// Rows read from legacy for a heal are valid only where no client's record touched them meanwhile.
// Move-only; closes itself.
class heal_window {
 public:
  heal_window() = default;
  ~heal_window();
  heal_window(heal_window&&) noexcept;
  heal_window& operator=(heal_window&&) noexcept;
  [[nodiscard]] seq_t opened_at() const { return opened_at_; }  // L: last seq when it was opened

 private:
  friend class log;
  friend class log_impl;
  std::shared_ptr<struct window_state> state_;
  seq_t opened_at_;
};

// What became of a heal record.
struct heal_result {
  std::optional<seq_t> seq;  // nullopt: nothing was left to write, or `error` / `discarded`
  bool discarded = false;    // a mark for the table fell into the window: read again
  // Keys that a client's record in (L, H) touched: dropped from the heal, with the records that took them
  // over. Once all of those are decided and none committed, the key has to be healed again.
  struct dropped_key {
    std::string key;
    std::vector<seq_t> taken_over_by;
  };
  std::vector<dropped_key> dropped;
  std::string error;
};

class log {
 public:
  // Opens or creates; takes the lock of the directory (one daemon per outbox). Throws std::runtime_error with
  // a sentence that says what to do.
  static std::unique_ptr<log> open(const log_options& options);
  // Over another store; for tests.
  static std::unique_ptr<log> open(const log_options& options, std::unique_ptr<class store> files);
  ~log();

  // A uuid made when the log was created. A new id means that nothing is known of the tables.
  [[nodiscard]] const std::string& id() const;
  [[nodiscard]] bool created() const;  // this open made it

  // The partition of a database name, given on first sight and durable from then on. Throws
  // std::runtime_error if it cannot be made durable.
  partition_t partition_of(const std::string& database);

  // Makes `r` and its marks durable; `done` gets its seq. The record is undecided until decide().
  void prepare(change::record r, std::function<void(prepare_result)> done);
  // committed or aborted. Durable with the next batch; nothing is published before. Not waited for.
  void decide(seq_t seq, decision d);
  // The connection that held the commit is gone before an answer came: settle it.
  void report_in_doubt(seq_t seq);
  // Undecided records whose holder is gone (after open: all undecided ones). Blocks until there is one or
  // stop.
  std::vector<stored_record> wait_in_doubt(partition_t p, std::stop_token stop);
  // The settler's verdict: superseded, and a ripe mark of its keys, in one durable step. Also for a committed
  // record that legacy lost. Blocks; without effect once the log failed.
  void supersede(seq_t seq);

  // Marks without a record: `ripe` at once, or when ripen() is called. done(nullopt) when durable, with the
  // ids whose clearing will mean that these marks are cleared.
  void add_marks(partition_t p, std::vector<change::mark> marks, bool ripe,
                 std::function<void(std::vector<mark_id>, std::optional<log_error>)> done);
  void ripen(const std::vector<mark_id>& ids);
  // A heal for these is about to read its first row. Until then a ripe mark on a whole table stands for all
  // that ripen there, of which the oldest is kept: so many marks take the room of one.
  void begin_heal(const std::vector<mark_id>& ids);
  void clear_marks(const std::vector<mark_id>& ids);  // blocks until durable
  [[nodiscard]] std::vector<open_mark> marks(partition_t p) const;
  // Blocks until a ripe mark exists that is not in `known`, or stop; then all ripe marks.
  std::vector<open_mark> wait_ripe_marks(partition_t p, const std::set<mark_id>& known, std::stop_token stop);

  // Heal: open the window, wait until everything up to opened_at() is decided, read legacy, append.
  // `table` is the heal's; changes carry canonical keys. Blocks until durable. The heal record is committed.
  // `any_touch_discards`: for tables whose equal keys need not have equal text, a client's record on the
  // table in the window discards the heal, because dropping keys by text could miss one.
  heal_window open_window(partition_t p, const change::table_name& table, bool any_touch_discards = false);
  bool wait_decided(partition_t p, seq_t through, std::stop_token stop);  // false: stopped
  heal_result append_heal(heal_window window, change::record heal);
  // A record that was trimmed counts as superseded: nobody can know any more.
  [[nodiscard]] decision decision_of(seq_t seq) const;

  // The next decided stretch after `after`, at most about `max_bytes` of records; blocks until there is one,
  // a record being undecided holds everything behind it. nullopt: stopped.
  std::optional<batch> read(partition_t p, seq_t after, std::size_t max_bytes, std::stop_token stop);

  // For the proof that legacy has flushed (invariant 2). Blocks until the decided prefix passes `after`;
  // nullopt: stopped. `stale` are the committed records in (after, through] whose incarnation is not
  // `incarnation`.
  struct decided_range {
    seq_t through;
    std::vector<seq_t> stale;
  };
  std::optional<decided_range> wait_decided_after(partition_t p, seq_t after, std::stop_token stop) const;
  [[nodiscard]] decided_range decided(partition_t p, seq_t after, seq_t through,
                                      const std::string& incarnation) const;
  // Durable cursor: everything committed up to here is proven flushed on legacy and may be published.
  [[nodiscard]] seq_t proven(partition_t p) const;
  void set_proven(partition_t p, seq_t through);

  // The last seq given in this partition, 0 if none: a fence.
  [[nodiscard]] seq_t last_prepared(partition_t p) const;
  [[nodiscard]] std::size_t undecided(partition_t p) const;
  // The last seq that trim() has let go: what lies at or below it cannot be read again.
  [[nodiscard]] seq_t trimmed(partition_t p) const;
  // Everything up to `through` is applied and flushed on the target: it may go.
  void trim(partition_t p, seq_t through);
  [[nodiscard]] std::uint64_t disk_bytes() const;
  // Whether min_free and a little more is free, so that records refused for lack of space would be taken
  // again.
  [[nodiscard]] bool has_room() const;

  [[nodiscard]] bool failed() const;  // sticky until reopened
  [[nodiscard]] std::string failure() const;

 private:
  explicit log(std::unique_ptr<class log_impl> impl);
  std::unique_ptr<class log_impl> impl_;
};

}  // namespace pgtandem::outbox
