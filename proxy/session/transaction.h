// What is known of the client's present transaction from the server's answers: its block state, the images of
// its rows, and whether something ran whose writes are not imaged. Sans-I/O, one per session.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/change/record.h"
#include "proxy/session/mirrored_catalog.h"
#include "proxy/session/own_query.h"
#include "proxy/session/plan.h"

namespace pgtandem::proxy {

class transaction {
 public:
  explicit transaction(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  [[nodiscard]] bool in_block() const { return in_block_; }
  [[nodiscard]] bool failed() const { return failed_; }
  // Whether a statement ran that may have written without images.
  [[nodiscard]] bool unproven() const { return unproven_; }
  // Whether a commit now would have to be looked at.
  [[nodiscard]] bool dirty() const { return unproven_ || !changes_.empty() || !unimaged_.empty(); }

  // A statement of this plan has completed with this command tag.
  void on_complete(const plan& p, std::string_view tag);
  // One image, as the capture expression yields it; nullopt where it yielded NULL. False if it is not one.
  bool add_image(std::optional<std::string_view> captured, sql::statement_kind kind,
                 const mirrored_catalog& catalog);
  // A statement whose rows arrive without images (or with unreadable ones) wrote this table.
  void add_unproven() { unproven_ = true; }
  // ReadyForQuery's status byte: the server's own word.
  void on_ready(char status);
  void on_error() { failed_ = true; }

  // The record of what has been done, or one without changes and marks if there is nothing to record.
  // Marks every table that was written without images. Takes the images out.
  [[nodiscard]] change::record take_record(const witness& w, const mirrored_catalog& catalog);

 private:
  struct save {
    std::string name;
    std::size_t changes = 0;
  };

  void clear();
  void roll_back_to(const std::string& name);
  void release(const std::string& name);
  std::uint32_t table_index(const change::table_name& table);

  std::size_t max_bytes_;
  bool in_block_ = false;
  bool failed_ = false;
  bool unproven_ = false;
  bool writes_inside_commit_ = false;
  std::size_t bytes_ = 0;
  std::vector<change::table_name> tables_;
  std::vector<change::row_change> changes_;
  std::set<change::table_name> imaged_;
  std::set<change::table_name> unimaged_;  // written, with rows too large to image
  std::vector<save> saves_;
};

}  // namespace pgtandem::proxy
