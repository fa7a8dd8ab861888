// What may end the client's transaction out of the session's sight: PREPARE TRANSACTION, which leaves that to
// anybody at any time, and, in a block, a text that is not understood. What was written up to then is marked
// before it is sent, and the marks ripen once the transaction has ended, by whomever and however.
#include "proxy/session/session.h"

namespace pgtandem::proxy {

using sql::statement_kind;

// Whatever has to be marked before a statement of this plan is sent. True: it may be, or premark_.error says
// why not.
bool session::mark_ahead_of(const plan& p) {
  const bool prepares = p.kind == statement_kind::prepare_transaction;
  if (premark_.done) return true;
  // Whether a commit follows that could be held, nobody knows.
  if (sent_.batch_open && sent_.block_unseen && p.mode != capture_mode::harmless) return mark_ahead(nullptr);
  if (!prepares && !p.may_commit_inside) return true;
  if (!prepares && (!sent_.in_block || sent_.unsure)) return mark_ahead(&p);
  if (!prepares && p.kind != statement_kind::other) return true;  // in a block they cannot
  if (!all_answered()) return false;
  // A transaction that has written no row may hold locks of a writer, and its name be asked for later.
  const bool leaves_something = sent_.dirty || (prepares && sent_.in_block);
  return !leaves_something || mark_ahead_of_end(p);
}

bool session::mark_ahead_of_end(const plan& p) {
  if (premark_.pending || !all_answered()) return false;
  const bool prepares = p.kind == statement_kind::prepare_transaction;
  if (transaction_.failed() || discarding_) {
    premark_.done = true;
  } else if (hold_.stage == hold_stage::none) {
    hold_.stage = hold_stage::draining;
    ask_witness(prepares ? own_query::witness_of_prepare : own_query::witness_locks);
    return false;
  } else if (!hold_.witness) {
    premark_.done = true;
    premark_.error = "the transaction could not be examined before its end";
  } else {
    mark_action marks = marks_until_end(p, *hold_.witness);
    // Of one that is prepared it is worth knowing that it has left nothing to mark.
    premark_.pending = !marks.marks.empty() || prepares;
    premark_.done = !premark_.pending;
    if (premark_.pending) actions_.push_back(std::move(marks));
  }
  hold_ = {};
  return premark_.done;
}

mark_action session::marks_until_end(const plan& p, const witness& w) {
  if (planner_.judged_too_early()) transaction_.add_unproven();
  const mirrored_catalog& catalog = planner_.newest_catalog();
  const bool prepares = p.kind == statement_kind::prepare_transaction;
  const std::string reason =
      prepares ? "written by the prepared transaction '" + p.name + "', which has to end before it is healed"
               : "a text that is not understood may end the transaction that wrote it";
  return {transaction_.marks_until_end(w, catalog, reason),
          prepares ? unseen_end{w.prepared_as, p.name, planner_.defining()} : unseen_end{w.xid}};
}

}  // namespace pgtandem::proxy
