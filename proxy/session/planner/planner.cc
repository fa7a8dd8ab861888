#include "proxy/session/planner/planner.h"

#include <algorithm>

#include "protocol/planted_bug.h"
#include "protocol/wire/frame.h"

namespace pgtandem::proxy {

using sql::effect;
using sql::statement_kind;

planner::planner(const session_environment& environment, const server_leg& server, const transaction& current,
                 const prepared_statements& prepared)
    : env_(environment),
      server_(server),
      transaction_(current),
      prepared_(prepared),
      catalog_(environment.catalog()) {}

plan_ptr planner::plan_for(const sql::statement& s, std::string_view statement_text) {
  if (s.prepared) return plan_for_prepare(s, statement_text);
  if (s.kind == statement_kind::execute) return plan_for_execute(s, statement_text);
  // In a failed transaction nothing can be asked, and nothing but its end will run.
  if ((!s.dml && !s.parts) || (server_.settled() && transaction_.failed()))
    return std::make_shared<plan>(plan_statement(s));
  return plan_for_targets(s, statement_text);
}

// By what its targets mean now.
std::shared_ptr<plan> planner::plan_for_targets(const sql::statement& s, std::string_view statement_text) {
  const auto targets = resolve_all(targets_of(s));
  if (!targets) return nullptr;
  newest_catalog();
  auto p = std::make_shared<plan>(own_ddl_.under_way() ? plan_statement(s)
                                  : s.parts            ? plan_parts(s, statement_text, *targets, *catalog_)
                                            : plan_dml(s, statement_text, targets->front(), *catalog_));
  p->names_generation = names_.generation();
  return p;
}

// COMMIT PREPARED itself writes nothing, but it lets the rows of another transaction appear; PREPARE
// TRANSACTION outside of a block may commit; what PREPARE prepares has to be looked at.
bool planner::is_harmless(const sql::statement& s) const {
  return s.effect == effect::harmless && s.kind != statement_kind::commit_prepared &&
         s.kind != statement_kind::prepare_transaction && !s.prepared &&
         !may_run_user_code(s.uses.get(), std::nullopt);
}

std::shared_ptr<std::vector<plan>> planner::plans_of(const sql::parsed_text& parsed) const {
  auto plans = std::make_shared<std::vector<plan>>();
  for (const auto& s : parsed.statements)
    plans->push_back(*as_known_now(std::make_shared<plan>(plan_statement(s))));
  return plans;
}

std::optional<bool> planner::rules_may_answer(const std::vector<sql::statement>& all) {
  if (transaction_.failed()) return false;
  bool any = false;
  for (const auto& s : all) {
    if (!s.dml) continue;
    const resolved_name* target = resolve(s.dml->target);
    if (target == nullptr) return std::nullopt;
    any |= target->has_rules;
  }
  return any;
}

const mirrored_catalog& planner::newest_catalog() {
  catalog_ = env_.catalog();
  return *catalog_;
}

bool planner::may_run_user_code(const sql::used_names* uses, std::optional<oid_t> written) const {
  if (env_.code == nullptr) return false;
  return (uses != nullptr && env_.code->may_run(*uses)) ||
         (written && env_.code->may_run_when_written(*written));
}

// Until then nobody knows whether the transaction has failed, and nothing may be asked in it.
bool planner::all_answered() {
  if (!server_.settled()) need_ = planner_need::answers{};
  return server_.settled();
}

const resolved_name* planner::resolve(const sql::relation_ref& ref) {
  const resolved_name* name = names_.find(ref);
  if (name == nullptr && !name_asked_) {
    name_asked_ = ref;
    need_ = planner_need::name{ref};
  }
  return name;
}

// nullopt: see take_need().
std::optional<std::vector<resolved_name>> planner::resolve_all(const std::vector<sql::relation_ref>& refs) {
  std::vector<resolved_name> all;
  for (const auto& ref : refs) {
    const resolved_name* name = resolve(ref);
    if (name == nullptr) return std::nullopt;
    all.push_back(*name);
  }
  return all;
}

bool planner::note_name(const wire::data_row& row, std::uint64_t generation) {
  if (!name_asked_) return true;
  const auto name = decode_names(row);
  if (name) names_.store(*name_asked_, *name, generation);
  return name.has_value();
}

// Not with the row: the next question would take this completion for its own.
void planner::note_name_answered(bool found, std::uint64_t generation) {
  if (!name_asked_) return;
  if (!found) names_.store(*name_asked_, resolved_name{}, generation);
  name_asked_.reset();
}

void planner::doubt_names() {
  names_.clear();
  names_changed_ = true;
}

void planner::note_sent(const plan& p) {
  if (p.defines) own_ddl_.note_sent();
  if (env_.code != nullptr && !defining_ &&
      (p.defines || (p.kind == statement_kind::ddl && may_run_user_code(p.uses.get(), std::nullopt))))
    defining_.emplace(*env_.code);
  cursors_.note_sent(p);
  if (p.kind == statement_kind::rollback_to && names_changed_) names_.clear();
}

// SET LOCAL ends here, and ROLLBACK takes SET back.
void planner::note_end_sent() {
  judged_by_.reset();
  if (std::exchange(names_changed_, false)) names_.clear();
  cursors_.forget_all();
}

void planner::note_no_block() {
  judged_by_.reset();
  cursors_.forget_all();
}

void planner::note_commit(xid_t xid) {
  if (defining_ && xid != xid_t{}) defining_->note_commit(xid);
}

void planner::note_bound(std::string_view portal, const plan_ptr& statement) {
  cursors_.note_bound(portal, as_known_now(statement).get());
}

void planner::note_run(const plan& p) {
  if (p.defines) own_ddl_.note_run();
}

void planner::note_answer(char type) {
  if (defining_ &&
      (type == wire::backend_type::command_complete || type == wire::backend_type::portal_suspended))
    defining_->note_run();
}

// A text that legacy's parser refuses has not run, whatever it says; what failed later may have.
void planner::note_failed(const std::optional<wire::error_fields>& error) {
  if (names_changed_) names_.clear();
  if (!defining_) return;
  const bool refused = error && error->field('C') == "42601" && error->field('P') && !error->field('p');
  if (!refused) return defining_->note_run();
  defining_->note_refused();
  // In a block, too, what follows it may be imaged.
  if (server_.ready_owed() > 1 || defining_->has_run()) return;
  defining_.reset();
  own_ddl_.note_refused();
}

void planner::notice_definitions() {
  if (env_.code == nullptr) return;
  const std::uint64_t version = env_.code->version();
  if (version != std::exchange(definitions_seen_, version)) names_.clear();
}

}  // namespace pgtandem::proxy
