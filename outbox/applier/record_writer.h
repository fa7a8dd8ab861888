// Writes records through a session: all at once if the target takes them so, else one by one in their order.
// Not thread-safe. Throws client::pg_error for what a new attempt may cure, and for a catalog that is out of
// date.
#pragma once

#include <span>
#include <stdexcept>
#include <string>

#include "outbox/applier/apply_plan.h"
#include "outbox/applier/target_catalog.h"
#include "outbox/applier/target_session.h"

namespace pgtandem::outbox {

// A person is needed; says why. The text for logs holds nothing of a row, not even its key.
class halt : public std::runtime_error {
 public:
  explicit halt(const std::string& why) : halt(why, why) {}
  halt(const std::string& why, std::string for_log) : std::runtime_error(why), for_log_(std::move(for_log)) {}
  [[nodiscard]] const std::string& for_log() const { return for_log_; }

 private:
  std::string for_log_;
};

// Whether the target's catalog may have changed since it was read: missing tables, columns, types, indexes.
[[nodiscard]] bool is_schema_error(const client::pg_error& e);
// Whether a new attempt may succeed: what pg_error says, and a server that is read-only while it fails over.
[[nodiscard]] bool is_worth_retrying(const client::pg_error& e);

class record_writer {
 public:
  // Writes what of `records` lies behind `place` and moves it to `through`, perhaps in several transactions;
  // `place` follows each. Throws table_mismatch and halt, too.
  void write(target_session& session, watermark& place, std::span<const stored_record> records,
             seq_t through);
  void forget_catalog() { catalog_.forget(); }
  [[nodiscard]] std::uint64_t rows_written() const { return rows_written_; }
  // Where the last statement failed, for people: a table, or nothing if it was no row's statement.
  [[nodiscard]] const std::string& last_failed_table() const { return last_failed_table_; }

 private:
  void write_as(target_session& session, watermark& place, std::span<const stored_record> records,
                seq_t through, granularity how);
  void write_stubborn(target_session& session, watermark& place, const stored_record& record);
  bool may_replace(const stored_record& record) const;

  target_catalog catalog_;
  std::uint64_t rows_written_ = 0;
  std::string last_failed_table_;
  std::string last_failed_key_;  // empty if there were several
};

}  // namespace pgtandem::outbox
