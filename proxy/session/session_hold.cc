// Holding the commit: drain what is under way, ask what was written, make the record durable, let go.
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
      ask_witness(sent_.unproven || catalog_->writes_inside_commit());
      return false;
    case hold_stage::draining:
      if (server_.settled()) decide_hold(via);
      return hold_.stage == hold_stage::ready;
    case hold_stage::durable:
      return false;
    case hold_stage::ready:
      return true;
  }
  return false;
}

void session::ask_witness(bool locks) {
  hold_.locks = locks;
  hold_.witness.reset();
  server_.ask(locks ? own_query::witness_locks : own_query::witness, {}, audience::nobody);
  end_own_exchange();
}

void session::decide_hold(commit_point via) {
  hold_.stage = hold_stage::ready;
  // An error leaves nothing to commit; in a block a Sync commits nothing.
  if (discarding_ || transaction_.failed()) return;
  if (via == commit_point::sync && transaction_.in_block()) return;
  if (transaction_.unproven() && !hold_.locks) {
    hold_.stage = hold_stage::draining;
    ask_witness(true);
    return;
  }
  if (!hold_.witness) {
    hold_.rejected = "the transaction could not be examined before its commit";
    return;
  }
  catalog_ = env_.catalog();
  change::record record = transaction_.take_record(*hold_.witness, *catalog_);
  if (record.changes.empty() && record.marks.empty()) return;
  record.partition = env_.partition;
  record.backend_pid = backend_pid_;
  hold_.stage = hold_stage::durable;
  actions_.push_back(prepare_action{std::move(record)});
}

void session::on_prepared(prepare_outcome outcome) {
  using kind = prepare_outcome::kind;
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
  catalog_ = env_.catalog();
  auto marks = marks_ahead(p);
  if (!marks) return false;
  if (marks->empty()) {
    premark_.done = true;
    return true;
  }
  premark_.pending = true;
  actions_.push_back(mark_action{std::move(*marks)});
  return false;
}

// nullopt: names are being asked.
std::optional<std::vector<change::mark>> session::marks_ahead(const plan* p) {
  std::vector<change::mark> marks;
  const auto mark = [&](const catalog::relation& r, std::string reason) {
    marks.push_back({r.name, change::mark_scope::table, {}, std::move(reason)});
  };
  if (p != nullptr && p->copied) {
    const resolved_name* target = resolve(*p->copied);
    if (target == nullptr) return std::nullopt;
    const catalog::relation* relation = catalog_->find(target->oid);
    if (relation != nullptr && !relation->has_user_triggers) {
      mark(*relation, "COPY is not imaged");
      return marks;
    }
    if (relation == nullptr && (target->kind == 'r' || target->kind == 'p') && !target->has_triggers)
      return marks;
  }
  for (const auto& relation : catalog_->relations())
    mark(relation, p == nullptr ? "a text that is not understood may have written it"
                                : "a statement that may commit by itself may have written it");
  return marks;
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

}  // namespace pgtandem::proxy
