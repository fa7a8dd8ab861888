// What is known of the client's present transaction from the server's answers: its block state, the images of
// its rows, and whether something ran whose writes are not imaged. Sans-I/O, one per session.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/change/record.h"
#include "proxy/session/capture/mirrored_catalog.h"
#include "proxy/session/capture/own_query.h"
#include "proxy/session/capture/plan.h"
#include "proxy/session/transaction/cascaded_keys.h"
#include "proxy/session/transaction/change_buffer.h"
#include "proxy/session/transaction/written_rows.h"

namespace pgtandem::proxy {

class transaction {
 public:
  explicit transaction(std::size_t chunk_bytes) : changes_(chunk_bytes) {}

  [[nodiscard]] bool in_block() const { return in_block_; }
  [[nodiscard]] bool failed() const { return failed_; }
  // Whether a statement ran that may have written without images: the locks have to tell.
  [[nodiscard]] bool unproven() const { return unproven_ || watched_ || rows_owed_ > 0 || notes_owed_; }
  // Whether a commit now would have to be looked at.
  [[nodiscard]] bool dirty() const { return unproven() || changes_.size() > 0 || !unimaged_.empty(); }

  // A statement of this plan has completed with this command tag.
  void on_complete(const plan& p, std::string_view tag);
  // One image, as the capture expression yields it; nullopt where it yielded NULL. False if it is not one.
  bool add_image(std::optional<std::string_view> captured, sql::statement_kind kind,
                 const mirrored_catalog& catalog);
  // One key, as catalog::key_expression yields it, of a row to which the next statement gives another. False
  // if it is not one.
  bool add_old_key(std::optional<std::string_view> captured, const mirrored_catalog& catalog);
  // All such keys have been added.
  void begin_key_change();
  // The rows of the last COPY have been read back by their keys: so many were found.
  void end_read_back(std::uint64_t found);
  // One row of what the parts of the last statement have noted, or all of them have come; see noted_rows.h.
  void add_noted(const wire::data_row& row, const mirrored_catalog& catalog);
  void end_notes();
  // Its changes, of which some leave ahead of the record; see change_buffer.h.
  [[nodiscard]] change_buffer& changes() { return changes_; }
  [[nodiscard]] const change_buffer& changes() const { return changes_; }
  // Of the own queries that go ahead of a removal: see cascaded_keys.h.
  void note_cascade_rows(const wire::data_row& row) { cascaded_.note_rows(row, changes_.size()); }
  void add_cascaded_key(std::optional<std::string_view> captured, const mirrored_catalog& catalog) {
    cascaded_.add(captured, catalog);
  }
  // What was imaged is not known any more: the outbox refused a part of it, or some of it did not happen.
  void lose_changes() { unimaged_ = imaged_; }
  // A statement whose rows arrive without images (or with unreadable ones) wrote this table.
  void add_unproven() { unproven_ = true; }
  // ReadyForQuery's status byte: the server's own word.
  void on_ready(char status);
  void on_error() { failed_ = true; }

  // Marks that stand until it has ended, for what it has written or may write when it is prepared: each row
  // once.
  [[nodiscard]] std::vector<change::mark> marks_until_end(const witness& w, const mirrored_catalog& catalog,
                                                          const std::string& reason);
  // The record of what has been done, or one without changes and marks if there is nothing to record.
  // Marks every table that was written without images. Takes the images out.
  [[nodiscard]] change::record take_record(const witness& w, const mirrored_catalog& catalog);

 private:
  struct save {
    std::string name;
    std::uint64_t changes = 0;
  };
  // A statement that changes keys: first the removals of the old ones, then its images.
  struct key_change {
    std::uint64_t first = 0;  // of changes_
    std::uint64_t removals = 0;
    std::uint64_t images = 0;
    std::optional<std::uint32_t> table;
    bool one_table = true;
  };

  void clear();
  void roll_back_to(const std::string& name);
  void release(const std::string& name);
  void add_change(const change::table_name& table, change::op op, std::string key, std::string image);
  void end_key_change();
  [[nodiscard]] written_rows written(const witness& w, const mirrored_catalog& catalog) const;
  [[nodiscard]] std::set<change::table_name> fully_imaged(const mirrored_catalog& catalog) const;
  void owe_rows(std::string_view tag);
  void forget_notes();
  bool add_removed(std::optional<std::string_view> captured, const mirrored_catalog& catalog);
  std::uint32_t table_index(const change::table_name& table);

  bool in_block_ = false;
  bool failed_ = false;
  bool unproven_ = false;
  bool watched_ = false;     // see plan::watched
  std::set<oid_t> targets_;  // of imaged statements, whether they found a row or not
  cascaded_keys cascaded_;   // what they wrote without images
  bool writes_inside_commit_ = false;
  std::uint64_t rows_owed_ = 0;  // copied, and not yet read back
  bool notes_owed_ = false;      // a statement's parts have noted rows that are not yet read
  std::uint64_t notes_read_ = 0;
  std::optional<std::uint64_t> notes_;
  std::vector<change::table_name> tables_;
  change_buffer changes_;
  std::set<change::table_name> imaged_;
  std::set<change::table_name> unimaged_;  // written, and the images are lost
  written_rows marked_;                    // until the transaction `marked_of_` has ended
  xid_t marked_of_;
  std::vector<save> saves_;
  std::optional<key_change> key_change_;
};

}  // namespace pgtandem::proxy
