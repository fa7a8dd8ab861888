// DDL of a session's own, from when it is sent until its transaction has ended: meanwhile the mirrored
// catalog says nothing of what it altered, and afterwards others have to be told. Not thread-safe.
#pragma once

#include <utility>
#include <vector>

#include "protocol/change/record.h"

namespace pgtandem::proxy {

class own_ddl {
 public:
  void note_sent() { sent_ = true; }
  void note_run() { ran_ = true; }
  // Legacy did not even understand the only one that is under way.
  void note_refused() { sent_ = ran_; }
  // The record of its transaction: DDL locks what it alters, as writers do, so that it is marked.
  void note_marks(const std::vector<change::mark>& marks) {
    if (!ran_) return;
    for (const change::mark& m : marks) tables_.push_back(m.table);
  }
  // What is planned now may meet tables that it has altered.
  [[nodiscard]] bool under_way() const { return sent_; }
  // The transaction has ended. `settled`: nothing that was sent is still to be answered. What it may have
  // altered.
  [[nodiscard]] std::vector<change::table_name> end(bool settled) {
    ran_ = false;
    sent_ = sent_ && !settled;
    return std::exchange(tables_, {});
  }

 private:
  bool sent_ = false;
  bool ran_ = false;
  std::vector<change::table_name> tables_;
};

}  // namespace pgtandem::proxy
