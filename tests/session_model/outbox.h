// The model's outbox: answers records and marks, durably or not, and judges what becomes of them. Every
// commit that legacy makes is held against it.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "proxy/session/action.h"
#include "tests/session_model/database.h"

namespace pgtandem::model {

class outbox {
 public:
  // The first broken promise; empty: none yet.
  [[nodiscard]] const std::string& violation() const { return violation_; }

  // What the session asks of its driver.
  void perform(proxy::action a);
  // A chunk, a record or marks wait for an answer.
  [[nodiscard]] bool asked() const { return asked_for_chunk() || prepare_ || mark_; }
  [[nodiscard]] bool asked_for_chunk() const { return !chunks_.empty(); }
  [[nodiscard]] staging_t new_staging() { return staging_t{++last_staging_}; }
  [[nodiscard]] staging_t answer_chunk(bool taken);
  [[nodiscard]] bool asked_for_record() const { return prepare_.has_value(); }
  [[nodiscard]] proxy::prepare_outcome answer_record(proxy::prepare_outcome::kind what);
  // Empty: the marks are not durable.
  [[nodiscard]] std::vector<std::uint64_t> answer_marks(bool durable);

  // What the transaction has changed will be committed, or not, when nobody looks.
  void on_prepare(std::uint64_t xid, const std::vector<row_written>& changes);
  // Whether something was marked before it was prepared by this name.
  [[nodiscard]] bool awaits(std::string_view gid) const { return gids_.contains(gid); }
  void on_commit(std::uint64_t xid, const std::vector<row_written>& changes);
  void on_rollback();
  void on_connection_lost() { lost_ = true; }
  // When everything has come to rest.
  void finish(bool settled);

  [[nodiscard]] std::size_t refusals() const { return refusals_; }

 private:
  enum class decision { none, committed, aborted, in_doubt };
  struct entry {
    change::record record;
    bool committed = false;    // on legacy
    bool rolled_back = false;  // the same
    decision decided = decision::none;
  };
  struct staged {
    std::vector<std::vector<change::row_change>> chunks;
    bool ended = false;  // dropped, or named by a durable record
  };
  struct marked {
    std::vector<change::table_name> tables;
    bool ended = false;     // ripe or orphaned
    bool prepared = false;  // a transaction under it was prepared for two-phase commit
  };

  void break_promise(const std::string& what) {
    if (violation_.empty()) violation_ = what;
  }
  void decide(seq_t seq, decision d);
  void drop(staging_t staging);
  // Puts the changes that its chunks hold before the record's own.
  void gather_chunks(change::record& r);
  void end_marks(const std::vector<std::uint64_t>& ids, bool perhaps_prepared);
  [[nodiscard]] marked* marked_ahead(const std::string& table);
  [[nodiscard]] bool marked_until_end(std::uint64_t xid, const row_written& w) const;
  [[nodiscard]] entry* open_record();
  [[nodiscard]] bool same_changes(const change::record& r, const std::vector<row_written>& changes) const;

  std::deque<proxy::staged_chunk> chunks_;  // not answered yet
  std::map<staging_t, staged> stagings_;
  std::uint64_t last_staging_ = 0;
  std::optional<change::record> prepare_;
  std::optional<std::vector<change::mark>> mark_;
  std::vector<entry> records_;  // seq is the index + 1
  std::map<std::uint64_t, marked> marks_;
  std::optional<proxy::unseen_end> until_;                // of mark_
  std::map<xid_t, std::vector<change::mark>> until_end_;  // marks that stand until their transaction ends
  std::set<std::string, std::less<>> gids_;
  bool degraded_ = false;  // the commit that is held may go without its record
  bool lost_ = false;
  std::size_t refusals_ = 0;
  std::string violation_;
};

}  // namespace pgtandem::model
