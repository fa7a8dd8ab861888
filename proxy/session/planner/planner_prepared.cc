// Plans of prepared statements, of the protocol and of SQL, whose rewrite may be out of date when they are
// run.
#include <algorithm>

#include "proxy/session/planner/planner.h"

namespace pgtandem::proxy {

namespace {

bool same_relation(const mirrored_catalog& a, const mirrored_catalog& b, oid_t oid) {
  if (&a == &b) return true;
  const catalog::relation* in_a = a.find(oid);
  const catalog::relation* in_b = b.find(oid);
  return in_a == in_b || (in_a != nullptr && in_b != nullptr && *in_a == *in_b);
}

// Whether a list of its own that returns rows certainly yields columns of the same types. Otherwise legacy
// has to say that they may not change under a prepared statement.
bool returns_alike(const sql::statement& s, const catalog::relation* before, const catalog::relation* now) {
  if (s.parts) return !s.parts->returns_rows;
  const sql::dml_info& dml = *s.dml;
  if (!dml.has_returning) return true;
  if (before == nullptr || now == nullptr) return false;
  // Altered, and the catalog has not been read since.
  if (before->shape == now->shape || !now->refusals.empty()) return false;
  if (dml.returns_star && before->columns.size() != now->columns.size()) return false;
  return std::all_of(before->columns.begin(), before->columns.end(), [&](const catalog::column& c) {
    const auto& columns = now->columns;
    const auto it =
        std::find_if(columns.begin(), columns.end(), [&](const auto& n) { return n.name == c.name; });
    return it == columns.end() ? !dml.returns_star : it->type == c.type;
  });
}

}  // namespace

plan_ptr planner::keep_source(plan_ptr p, rewrite_source source) const {
  source.targets.clear();
  for (const sql::relation_ref& ref : targets_of(source.statement)) {
    const resolved_name* target = names_.find(ref);
    if (target == nullptr) return p;
    source.targets.push_back(*target);
  }
  source.catalog = catalog_;
  auto kept = std::make_shared<plan>(*p);
  kept->parameter_types = source.parameter_types;
  kept->source = std::make_shared<rewrite_source>(std::move(source));
  return kept;
}

// What legacy prepared may be wrong by now: a role that may not read fails at the image, other settings make
// it inexact, an altered table incomplete. `p` itself if it is still right.
plan_ptr planner::rewritten_anew(const plan_ptr& p) {
  if (!p || !p->source) return p;
  const bool ddl = own_ddl_.under_way() && is_rewritten(*p);
  if (!ddl && p->names_generation == names_.generation() && p->source->catalog == env_.catalog()) return p;
  if (!all_answered()) return nullptr;
  if (transaction_.failed()) return p;
  const rewrite_source& source = *p->source;
  const auto targets = resolve_all(targets_of(source.statement));
  if (!targets) return nullptr;
  newest_catalog();
  bool right = !ddl;
  for (std::size_t i = 0; i < targets->size(); ++i) {
    const resolved_name& before = source.targets[i];
    const resolved_name& now = (*targets)[i];
    const bool another = !same_relation(*catalog_, *source.catalog, now.oid);
    right &= now == before && !another;
    if (now.oid == before.oid && now.columns == before.columns && !another) continue;
    if (!returns_alike(source.statement, source.catalog->find(before.oid), catalog_->find(now.oid))) return p;
  }
  return right ? p : keep_source(plan_for_targets(source.statement, source.text), source);
}

// SQL's PREPARE runs nothing, but what it prepares is rewritten like a statement that is parsed by protocol.
plan_ptr planner::plan_for_prepare(const sql::statement& s, std::string_view statement_text) {
  auto p = std::make_shared<plan>(plan_statement(s));
  if (!s.prepared->dml || (server_.settled() && transaction_.failed())) {
    p->prepares = std::make_shared<plan>(plan_statement(*s.prepared));
    return p;
  }
  auto inner = plan_for_targets(*s.prepared, statement_text);
  if (inner == nullptr) return nullptr;
  p->rewritten = inner->rewritten;
  p->prepares = inner;
  if (inner->mode == capture_mode::image)
    p->prepares = keep_source(
        std::move(inner), {.statement = *s.prepared, .text = std::string(statement_text), .in_sql = true});
  return p;
}

// SQL's EXECUTE does what was prepared. Where that was rewritten its images come back here, too.
plan_ptr planner::plan_for_execute(const sql::statement& s, std::string_view statement_text) {
  // A PREPARE or Parse under way may still fail, and the name keep its meaning.
  if (!all_answered()) return nullptr;
  plan_ptr prepared = prepared_.find(s.name);
  if (const plan_ptr anew = rewritten_anew(prepared); anew != prepared) {
    if (anew) need_ = planner_need::prepare_again{s.name, anew};
    return nullptr;
  }
  if (prepared) prepared = as_prepared_now(prepared);
  if (!prepared && prepared_.find(s.name)) return nullptr;
  if (!prepared || prepared->mode == capture_mode::unproven) return std::make_shared<plan>(plan_statement(s));
  auto p = std::make_shared<plan>(*prepared);
  if (!s.proven_arguments || may_run_user_code(s.uses.get(), std::nullopt))
    *p = running_user_code(*std::move(p));
  p->source = nullptr;
  p->streams = false;
  p->rewritten = statement_text;                                       // it stands for the rewritten one
  p->also_unproven |= std::exchange(p->old_keys, nullptr) != nullptr;  // its parameters are expressions here
  p->removed.reset();
  return p;
}

// Legacy looks the names of a prepared statement up again whenever search_path has changed: it may now write
// what it was not planned for. So it may where its table was not mirrored then.
plan_ptr planner::as_prepared_now(const plan_ptr& p) {
  if ((!p->target && p->parts.empty()) || p->mode == capture_mode::unproven) return p;
  const bool harmless = p->mode == capture_mode::harmless;
  if (!harmless && p->names_generation == names_.generation()) return p;
  const std::vector<written_name> names = p->targets();
  const bool taken_in = harmless && std::any_of(names.begin(), names.end(), [this](const written_name& n) {
                          return env_.catalog()->find(n.oid) != nullptr;
                        });
  if (!taken_in) {
    if (p->names_generation == names_.generation()) return p;
    if (!all_answered()) return nullptr;
    if (transaction_.failed()) return p;
    const auto moved = have_moved(names, harmless);
    if (!moved) return nullptr;
    if (!*moved) return p;
  }
  auto moved = std::make_shared<plan>(*p);
  if (harmless)
    moved->mode = capture_mode::unproven;
  else
    moved->also_unproven = true;
  return moved;
}

// Whether one of these is the name of another table by now, or, where none is mirrored, of one that carries
// writes further. nullopt: see take_need().
std::optional<bool> planner::have_moved(const std::vector<written_name>& names, bool harmless) {
  for (const written_name& name : names) {
    const resolved_name* now = resolve(name.name);
    if (now == nullptr) return std::nullopt;
    if (now->oid != name.oid || (harmless && now->carries_writes())) return true;
  }
  return false;
}

}  // namespace pgtandem::proxy
