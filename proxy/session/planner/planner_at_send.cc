// What is known only when a statement is sent: what its names mean, what else legacy makes it write, and what
// to mark where that cannot be known.
#include <algorithm>

#include "proxy/session/capture/cascades.h"
#include "proxy/session/planner/planner.h"

namespace pgtandem::proxy {

using sql::statement_kind;

namespace {

// Whether more is written by now than what a part notes.
bool is_carried(const written_name& part, const mirrored_catalog& catalog) {
  if (!part.noted) return false;
  const catalog::relation* relation = catalog.find(part.oid);
  return relation != nullptr && (relation->has_user_triggers || relation->has_rules ||
                                 (part.carries && !relation->cascades.empty()));
}

}  // namespace

plan_ptr planner::as_sent_now(plan_ptr p) {
  if (!judged_by_) judged_by_ = env_.catalog();
  if (p && !p->truncates.empty()) return truncate_as_sent_now(p);
  p = as_known_now(std::move(p));
  return p && p->removed && !p->cascades_to.empty() && !p->also_unproven ? cascade_as_sent_now(p) : p;
}

plan_ptr planner::as_known_now(plan_ptr p) const {
  if (!p) return p;
  if (p->kind == statement_kind::fetch && cursors_.contains(p->name)) {
    auto proven = std::make_shared<plan>(*p);
    proven->mode = capture_mode::harmless;
    proven->changes_names = proven->changes_lexing = false;
    return proven;
  }
  if (p->kind == statement_kind::commit_prepared && !env_.defines_when_committed(p->name)) {
    auto known = std::make_shared<plan>(*p);
    known->defines = false;
    return known;
  }
  if (p->mode != capture_mode::unproven && runs_user_code(*p))
    p = std::make_shared<plan>(running_user_code(*p));
  if (!is_rewritten(*p)) return p;
  const auto catalog = env_.catalog();
  if (std::any_of(p->parts.begin(), p->parts.end(),
                  [&](const written_name& part) { return is_carried(part, *catalog); })) {
    auto carried = std::make_shared<plan>(*p);
    carried->also_unproven = true;
    p = std::move(carried);
  }
  if (p->mode != capture_mode::image) return p;
  // It may have been prepared, rewritten, when its table had none of these.
  const catalog::relation* target = catalog->find(p->target_oid);
  if (target == nullptr || (!target->has_user_triggers && !target->has_rules))
    return with_cascades(p, *catalog);
  auto carried = std::make_shared<plan>(*p);
  carried->also_unproven = true;
  return carried;
}

bool planner::runs_user_code(const plan& p) const {
  return may_run_user_code(p.uses.get(), p.target ? std::optional(p.target_oid) : std::nullopt) ||
         std::any_of(p.parts.begin(), p.parts.end(),
                     [this](const written_name& part) { return may_run_user_code(nullptr, part.oid); });
}

bool planner::judged_too_early() const {
  return judged_by_ && !judged_by_->carries_as(*env_.catalog());
}

// Unproven, as it was planned, where the tables may have been altered in this transaction.
plan_ptr planner::truncate_as_sent_now(const plan_ptr& p) {
  if (own_ddl_.under_way()) return p;
  if (!all_answered()) return nullptr;
  if (transaction_.failed()) return p;
  const auto targets = resolve_all(p->truncates);
  if (!targets) return nullptr;
  return std::make_shared<plan>(plan_truncate(*p, *targets, newest_catalog()));
}

// With what reads the keys of rows that go with those it removes, where that can be known.
plan_ptr planner::cascade_as_sent_now(const plan_ptr& p) {
  if (own_ddl_.under_way()) return p;
  const auto catalog = env_.catalog();
  const catalog::relation* target = catalog->find(p->target_oid);
  const resolved_name* name = names_.find(*p->target);
  if (target == nullptr || name == nullptr || name->oid != p->target_oid || !name->may_lock) return p;
  auto reads = make_cascade_reads(*target, *p->removed, name->unmet, *catalog);
  if (!reads) return p;
  const auto may_read = may_read_keys(reads->tables);
  if (!may_read) return nullptr;
  if (!*may_read) return p;
  auto asking = std::make_shared<plan>(*p);
  asking->cascaded_keys = std::make_shared<cascade_reads>(std::move(*reads));
  return asking;
}

// Whether the session's role may read and lock rows of these tables, and sees all of them.
std::optional<bool> planner::may_read_keys(const std::vector<change::table_name>& tables) {
  for (const auto& table : tables) {
    const sql::relation_ref ref{table.schema, table.name};
    if (names_.find(ref) == nullptr && !all_answered()) return std::nullopt;
    if (transaction_.failed()) return false;
    const resolved_name* name = resolve(ref);
    if (name == nullptr) return std::nullopt;
    const catalog::relation* relation = env_.catalog()->find(name->oid);
    if (relation == nullptr || relation->oid != name->oid) return false;
    if (!name->may_select || !name->may_lock || name->row_security) return false;
  }
  return true;
}

// What the rows of a COPY FROM can be read back by; `p` itself if it is no such statement.
plan_ptr planner::as_copied_now(plan_ptr p) {
  if (!p || !p->copied || !p->copies || own_ddl_.under_way()) return p;
  if (!all_answered()) return nullptr;
  if (transaction_.failed()) return p;
  const resolved_name* target = resolve(*p->copied);
  if (target == nullptr) return nullptr;
  if (may_run_user_code(nullptr, target->oid)) return p;
  return std::make_shared<plan>(plan_copy(*p, *target, newest_catalog()));
}

std::optional<std::vector<change::mark>> planner::marks_ahead(const plan* p) {
  newest_catalog();
  std::vector<change::mark> marks;
  const auto mark = [&](const catalog::relation& r, std::string reason) {
    marks.push_back({r.name, change::mark_scope::table, {}, std::move(reason)});
  };
  if (p != nullptr && p->copied) {
    if (!all_answered()) return std::nullopt;
    if (transaction_.failed()) return marks;  // nothing can be asked in it, and nothing copied
    const resolved_name* target = resolve(*p->copied);
    if (target == nullptr) return std::nullopt;
    if (const auto reached = reached_by_copy(*p->copied, *target)) {
      for (const catalog::relation* r : *reached) mark(*r, "COPY is not imaged");
      return marks;
    }
  }
  if (p != nullptr && p->kind == statement_kind::commit_prepared && env_.marked_until_it_ends(p->name))
    return marks;
  for (const auto& relation : catalog_->relations())
    mark(relation, p == nullptr ? "a text that is not understood may have written it"
                                : "a statement that may commit by itself may have written it");
  return marks;
}

// The mirrored tables that a COPY FROM may write. nullopt: users' code may write any.
std::optional<std::vector<const catalog::relation*>> planner::reached_by_copy(
    const sql::relation_ref& copied, const resolved_name& target) const {
  const catalog::relation* relation = catalog_->find(target.oid);
  // Legacy looks the name up once more: see certainly_unmirrored().
  std::vector<const catalog::relation*> reached;
  if (!target.temporary) reached = catalog_->namesakes(copied);
  if (relation != nullptr) reached.push_back(relation);
  const bool table = target.kind == 'r' || target.kind == 'p';
  const bool plain = relation != nullptr || (table && !target.has_triggers);
  // What users' code writes, nobody knows.
  const bool runs_code =
      may_run_user_code(nullptr, target.oid) ||
      std::any_of(reached.begin(), reached.end(), [](const auto* r) { return r->has_user_triggers; });
  if (!plain || runs_code) return std::nullopt;
  std::sort(reached.begin(), reached.end());
  reached.erase(std::unique(reached.begin(), reached.end()), reached.end());
  return reached;
}

}  // namespace pgtandem::proxy
