// Which marks wait for which transactions of legacy: pure bookkeeping, without I/O or clock. Not thread-safe.
//
// Whatever may have written under a mark has to be over before a heal can read what came of it. A session may
// be gone and yet have left a transaction prepared for two-phase commit, which anybody can commit days later:
// marks of the tables that such a one has written wait for it, those of others do not. Where marks of a table
// wait already for a prepared transaction, its own or one on the whole table, no other has to.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "outbox/log/log.h"
#include "protocol/types.h"
#include "proxy/daemon/running_transactions.h"

namespace pgtandem::proxy {

class mark_waits {
 public:
  using tables = std::map<outbox::mark_id, change::table_name>;  // of marks that are open

  // Marks on whole tables, for all transactions that the next look finds in sessions, and those that they
  // leave prepared.
  void for_present(std::vector<outbox::mark_id> marks);
  // Marks on whole tables, for what is prepared at the next look.
  void for_prepared(std::vector<outbox::mark_id> marks);
  // For this one, in a session or prepared: marks of all that it writes, of some tables by key.
  void for_transaction(std::vector<outbox::mark_id> marks, xid_t xid);

  // Takes what runs now. The marks that do not wait any more.
  [[nodiscard]] std::vector<outbox::mark_id> look(const running_transactions& now, const tables& open);
  [[nodiscard]] bool empty() const { return waits_.empty(); }

 private:
  enum class stage : std::uint8_t {
    present,       // nobody has looked yet
    sessions,      // for `on`, as long as they are in sessions
    prepared,      // for nothing but what turns out to be prepared
    transactions,  // for `on`, wherever they are
  };
  struct wait {
    stage at = stage::present;
    std::vector<outbox::mark_id> marks;
    transaction_ids on{};
  };

  [[nodiscard]] static bool over(wait& w, const running_transactions& now);
  // Those of the marks that wait for no prepared transaction are ripe; the others become waits of their own.
  void await_prepared(const wait& w, const running_transactions& now, const tables& open,
                      std::vector<outbox::mark_id>& ripe);
  // What is prepared and has written the table, and no mark of it waits for that yet.
  [[nodiscard]] transaction_ids unawaited(const change::table_name& table, const running_transactions& now,
                                          const tables& open) const;

  std::vector<wait> waits_;
};

}  // namespace pgtandem::proxy
