// Writes records through a session: a run at once if the target takes it so, else carefully, and parks what
// the target refuses. Not thread-safe. Throws client::pg_error for what a new attempt may cure, and for a
// catalog that is out of date.
#pragma once

#include <functional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "outbox/applier/apply_plan.h"
#include "outbox/applier/parked_keys.h"
#include "outbox/applier/refusals.h"
#include "outbox/applier/target_catalog.h"
#include "outbox/applier/target_session.h"

namespace pgtandem::outbox {

// The changes of a record's i-th chunk; throws halt if they cannot be read.
using chunk_reader = std::function<std::vector<change::row_change>(const stored_record&, std::size_t)>;

class record_writer {
 public:
  explicit record_writer(chunk_reader chunks) : chunks_(std::move(chunks)) {}

  // Writes what of `records` lies behind `place` and moves it to `through`, perhaps in several transactions;
  // `place` follows each. Throws table_mismatch and halt, too.
  void write(target_session& session, watermark& place, std::span<const stored_record> records,
             seq_t through);
  void forget_catalog() { catalog_.forget(); }
  // As the target has them: whenever it may have taken a transaction that nobody answered for.
  void load_parked(target_session& session) { session.load_parked(parked_, parked_keys::clock::now()); }
  [[nodiscard]] const parked_keys& parked() const { return parked_; }
  [[nodiscard]] std::uint64_t rows_written() const { return rows_written_; }
  // Where the last statement failed, for people: a table, or nothing if it was no row's statement.
  [[nodiscard]] const std::string& last_failed_table() const { return last_failed_table_; }

 private:
  // What becomes one transaction: some records, or a large one by itself.
  struct run {
    std::span<const stored_record> records;
    std::set<change::table_name> names;
    seq_t through;
    [[nodiscard]] bool is_large() const {
      return records.size() == 1 && !records.front().record.chunks.empty();
    }
  };
  // Records to be written together; `number` counts the pieces of a run.
  using visit_piece = std::function<void(std::span<const stored_record> records, std::size_t number, piece)>;

  void write_run(target_session& session, watermark& place, run r);
  void load_catalog(target_session& session, run& r);
  // Chunk by chunk, so that no more than one of them is in memory.
  void for_each_piece(const run& r, const visit_piece& visit) const;
  [[nodiscard]] bool comes_later(const run& r, std::size_t number, const change::table_name& table,
                                 const std::string& key) const;
  void write_at_once(target_session& session, const watermark& place, const run& r);
  std::uint64_t write_piece(target_session& session, const watermark& place, const run& r,
                            std::span<const stored_record> records, const held_back_changes& held,
                            piece part);
  void write_carefully(target_session& session, const watermark& place, const run& r);

  const chunk_reader chunks_;
  target_catalog catalog_;
  parked_keys parked_;
  std::uint64_t rows_written_ = 0;
  std::string last_failed_table_;
};

}  // namespace pgtandem::outbox
