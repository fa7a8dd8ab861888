// The model's outbox: answers records and marks, durably or not, and judges what becomes of them. Every
// commit that legacy makes is held against it.
#pragma once

#include <deque>
#include <map>
#include <optional>
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
  // A record or marks wait for an answer.
  [[nodiscard]] bool asked() const { return prepare_ || mark_; }
  [[nodiscard]] bool asked_for_record() const { return prepare_.has_value(); }
  [[nodiscard]] proxy::prepare_outcome answer_record(proxy::prepare_outcome::kind what);
  // Empty: the marks are not durable.
  [[nodiscard]] std::vector<std::uint64_t> answer_marks(bool durable);

  void on_commit(const std::vector<row_written>& changes);
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
  struct marked {
    std::vector<change::table_name> tables;
    bool ended = false;  // ripe or orphaned
  };

  void break_promise(const std::string& what) {
    if (violation_.empty()) violation_ = what;
  }
  void decide(seq_t seq, decision d);
  void end_marks(const std::vector<std::uint64_t>& ids);
  [[nodiscard]] bool marked_ahead(const std::string& table) const;
  [[nodiscard]] entry* open_record();
  [[nodiscard]] bool same_changes(const change::record& r, const std::vector<row_written>& changes) const;

  std::optional<change::record> prepare_;
  std::optional<std::vector<change::mark>> mark_;
  std::vector<entry> records_;  // seq is the index + 1
  std::map<std::uint64_t, marked> marks_;
  bool degraded_ = false;  // the commit that is held may go without its record
  bool lost_ = false;
  std::size_t refusals_ = 0;
  std::string violation_;
};

}  // namespace pgtandem::model
