// Holding the commit: drain what is under way, ask what was written, make the record durable, let go.
#include <algorithm>

#include "proxy/session/session.h"

namespace pgtandem::proxy {

bool session::hold_commit(commit_point via) {
  switch (hold_.stage) {
    case hold_stage::none:
      if (transaction_.failed()) {
        // Legacy would refuse the witness as it refuses everything now. Unless what is under way recovers.
        if (!server_.settled()) {
          server_.flush();
          return false;
        }
        hold_.stage = hold_stage::ready;
        return true;
      }
      // A block may have failed in a batch that is not answered yet: then its commit is a rollback, and the
      // witness an error that nobody asked for.
      if (sent_.in_block && server_.ready_owed() > 0) {
        if (sent_.batch_open) server_.flush();
        return false;
      }
      hold_.stage = hold_stage::draining;
      ask_witness(sent_.unproven || planner_.catalog().writes_inside_commit() || planner_.judged_too_early()
                      ? own_query::witness_locks
                      : own_query::witness);
      return false;
    case hold_stage::draining:
      if (server_.settled() && !transaction_.changes().under_way()) decide_hold(via);
      return hold_.stage == hold_stage::ready;
    case hold_stage::durable:
      return false;
    case hold_stage::ready:
      return true;
  }
  return false;
}

void session::ask_witness(own_query which) {
  hold_.locks = which != own_query::witness;
  hold_.witness.reset();
  server_.ask(which, {}, audience::nobody);
  end_own_exchange();
}

void session::decide_hold(commit_point via) {
  hold_.stage = hold_stage::ready;
  // An error leaves nothing to commit; in a block a Sync commits nothing.
  if (discarding_ || transaction_.failed()) return;
  if (via == commit_point::sync && transaction_.in_block()) return;
  if (planner_.judged_too_early()) transaction_.add_unproven();
  if (transaction_.unproven() && !hold_.locks) {
    hold_.stage = hold_stage::draining;
    ask_witness(own_query::witness_locks);
    return;
  }
  if (!hold_.witness) {
    hold_.rejected = "the transaction could not be examined before its commit";
    return;
  }
  planner_.note_commit(hold_.witness->xid);
  change::record record = transaction_.take_record(*hold_.witness, planner_.newest_catalog());
  if (record.changes.empty() && record.chunks.empty() && record.marks.empty()) return;
  planner_.note_marks(record.marks);
  record.partition = env_.partition;
  record.backend_pid = backend_pid_;
  hold_.stage = hold_stage::durable;
  hold_.staging = record.staging;
  actions_.push_back(prepare_action{std::move(record)});
}

void session::stage_due_chunk() {
  if (auto chunk = transaction_.changes().take_chunk(env_.new_staging))
    actions_.push_back(stage_action{std::move(*chunk)});
}

void session::on_staged(staging_t staging, std::string error) {
  if (!transaction_.changes().on_staged(staging, error.empty())) transaction_.lose_changes();
  if (closed_ || broken_) return;
  stage_due_chunk();
  pump();
}

void session::on_prepared(prepare_outcome outcome) {
  using kind = prepare_outcome::kind;
  if (outcome.what != kind::durable && hold_.staging != staging_t{})
    actions_.push_back(drop_staging_action{hold_.staging});
  if (closed_ || broken_) {
    // The commit was never sent, and its backend has lost its client.
    if (outcome.what == kind::durable) actions_.push_back(decide_action{outcome.seq, false});
    hold_ = {};
    return;
  }
  hold_.stage = hold_stage::ready;
  if (outcome.what == kind::durable) hold_.seq = outcome.seq;
  if (outcome.what == kind::rejected) hold_.rejected = std::move(outcome.error);
  pump();
}

void session::tell_altered() {
  const auto tables = planner_.take_altered();
  if (!tables.empty()) env_.altered(tables);
}

std::optional<seq_t> session::take_hold() {
  const auto seq = hold_.seq;
  hold_ = {};
  return seq;
}

// The client's transaction must not commit: abort it on legacy and say why. Messages up to the next Sync are
// dropped, as after any error.
void session::reject_commit() {
  const std::string why = hold_.rejected.value_or(premark_.error);
  hold_ = {};
  if (premark_.done) drop_premark();
  server_.ask(own_query::rollback, {}, audience::silent);
  send_error("58030", "pgtandem could not make this transaction durable for mirroring: " + why,
             "The transaction was rolled back. See `pgtandem status`; on_outbox_failure: degrade lets writes "
             "pass unmirrored.");
  end_sent_transaction(false);
  discarding_ = true;
}

bool session::mark_ahead(const plan* p) {
  if (premark_.done) return true;
  if (premark_.pending) return false;
  auto marks = planner_.marks_ahead(p);
  if (!marks) return false;
  if (marks->empty()) {
    premark_.done = true;
    return true;
  }
  premark_.pending = true;
  const bool prepared = p != nullptr && p->kind == sql::statement_kind::commit_prepared;
  actions_.push_back(mark_action{std::move(*marks), {}, prepared ? p->name : ""});
  return false;
}

void session::on_marked(std::vector<std::uint64_t> ids, std::string error) {
  const bool unwanted = premark_.unwanted || closed_ || broken_;
  premark_ = {.pending = false, .done = true, .ids = std::move(ids), .error = std::move(error)};
  if (unwanted) drop_premark();
  if (!closed_ && !broken_) pump();
}

// The statement was never sent, so nothing will be written under its marks.
void session::drop_premark() {
  if (premark_.pending) {
    premark_.unwanted = true;
    return;
  }
  auto ids = take_premark();
  if (!ids.empty()) actions_.push_back(ripen_action{std::move(ids)});
}

std::vector<std::uint64_t> session::take_premark() {
  if (!premark_.done) return {};
  auto ids = std::move(premark_.ids);
  premark_ = {};
  return ids;
}

// Their writer has, or will have with the next ReadyForQuery.
void session::end_marks(const outstanding& o) {
  if (o.ripens.empty()) return;
  ending_marks_.marks.insert(ending_marks_.marks.end(), o.ripens.begin(), o.ripens.end());
  ending_marks_.perhaps_prepared |= o.may_prepare;
}

}  // namespace pgtandem::proxy
