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
#include <span>
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

// Who writes on legacy under marks that came without a record. It may outlive this process: legacy finishes a
// statement that nobody waits for any more.
struct legacy_writer {
  std::uint32_t backend_pid = 0;  // 0: the transactions that legacy ran when the marks were made
  // That backend's transaction, if it is this one alone, and the name by which it was to be prepared for
  // two-phase commit, if it was. It may outlive its backend then.
  xid_t xid = {};
  std::string gid = {};
  bool defines = false;  // it has defined things besides
  friend bool operator==(const legacy_writer&, const legacy_writer&) = default;
};

// A mark as the log keeps it. It is ripe once its writer has ended; only then a heal may start on it.
struct open_mark {
  mark_id id = {};
  partition_t partition = {};
  change::mark mark = {};
  std::optional<seq_t> writer = {};  // the record it came with
  std::optional<legacy_writer> on_legacy = {};
  bool ripe = false;
  std::int64_t created_unix_ms = 0;
  std::uint64_t merged = 0;    // later marks that it stands for (since the log was opened)
  std::string heal_note = {};  // see log::note_heal()
};

struct stored_record {
  seq_t seq;
  change::record record;
  // Tables, as indexes into record.tables, of which nothing is to be applied: the relay takes them out.
  std::set<std::uint32_t> passed_over = {};
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

// What keys have in common that may be equal though their texts differ. nullopt: with any. No function: equal
// keys have equal texts. Called under the log's lock.
using key_likeness = std::function<std::optional<std::string>(std::string_view key)>;

// What became of a heal record.
struct heal_result {
  std::optional<seq_t> seq;  // nullopt: nothing was left to write, or `error` / `discarded`
  bool discarded = false;    // what happened in the window cannot be told by keys: read again
  // Keys that a client's record in (L, H) touched, or may have touched: dropped from the heal, with the
  // records that took them over. Once all of those are decided and none committed, the key has to be healed
  // again; so has one that none took over.
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

  // A large transaction is brought here in chunks while it runs, so that nobody holds all of it in memory.
  // They have no seq and mean nothing until a record names them, and are removed when it is certain that none
  // will: by drop_staging, by a record that is refused, or when the log is opened.
  staging_t new_staging();
  // Chunk `number`, from 0 in their order. `done` gets why not, or nothing: then it is as durable as the
  // record that will name it. Refused chunks end their staging.
  void stage(staging_t staging, std::uint32_t number, std::span<const change::row_change> changes,
             std::function<void(std::optional<log_error>)> done);
  void drop_staging(staging_t staging);
  // The changes of the i-th of `r.record.chunks` that count. nullopt: it cannot be read, and the log has
  // failed.
  std::optional<std::vector<change::row_change>> read_chunk(const stored_record& r, std::size_t i);

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

  // Marks without a record: ripe at once, or, if there is a writer, when ripen() is called. Whether it was is
  // not kept: after a reopening it has to be called again for those marks() that have a writer on legacy.
  // done(nullopt) when durable, with the ids whose clearing will mean that these marks are cleared.
  void add_marks(partition_t p, std::vector<change::mark> marks, std::optional<legacy_writer> writer,
                 std::function<void(std::vector<mark_id>, std::optional<log_error>)> done);
  void ripen(const std::vector<mark_id>& ids);
  // A heal for these is about to read its first row. Until then a ripe mark on a whole table stands for all
  // that ripen there, of which the oldest is kept: so many marks take the room of one.
  void begin_heal(const std::vector<mark_id>& ids);
  // How far the heal that has begun for this mark alone has come, in the healer's own words; empty: nothing
  // is known. Kept with the mark, so it is gone when the mark is. Durable behind everything that was
  // acknowledged before, some time later: after a crash it may lag and is never ahead. When the log is
  // opened, the heal of a mark with a note still counts as begun: the mark is ripe and stands for no other.
  void note_heal(mark_id id, std::string note);
  void clear_marks(const std::vector<mark_id>& ids);  // blocks until durable
  [[nodiscard]] std::vector<open_mark> marks(partition_t p) const;
  // Blocks until a ripe mark exists that is not in `known`, or stop; then all ripe marks.
  std::vector<open_mark> wait_ripe_marks(partition_t p, const std::set<mark_id>& known, std::stop_token stop);

  // Heal: open the window, wait until everything up to opened_at() is decided, read legacy, append. Marks for
  // the table that are made, or whose writers are at work, meanwhile leave the heal valid: they stay open for
  // a heal that begins after they have ripened.
  // `table` is the heal's; changes carry canonical keys. Blocks until durable. The heal record is committed.
  heal_window open_window(partition_t p, const change::table_name& table, key_likeness likeness = {});
  bool wait_decided(partition_t p, seq_t through, std::stop_token stop);  // false: stopped
  heal_result append_heal(heal_window window, change::record heal);
  // A table was altered: what heals have read in windows that are open now has to be read again.
  void discard_heals(partition_t p);
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
  void drop_trimmed_chunks();
  std::unique_ptr<class log_impl> impl_;
};

}  // namespace pgtandem::outbox
