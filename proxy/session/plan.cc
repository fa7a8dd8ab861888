#include "proxy/session/plan.h"

#include <algorithm>

#include "protocol/sql/rewrite.h"

namespace pgtandem::proxy {
namespace {

using sql::statement_kind;

bool assigns_key(const sql::dml_info& dml, const catalog::relation& relation) {
  return std::any_of(relation.key.begin(), relation.key.end(), [&](const catalog::key_column& k) {
    return std::find(dml.assigned.begin(), dml.assigned.end(), relation.columns[k.column].name) !=
           dml.assigned.end();
  });
}

// Whether the rewrite is certain to be harmless and its images can be trusted (DESIGN "Capture").
bool can_image(const sql::statement& s, const resolved_name& target, const catalog::relation& relation) {
  if (s.effect != sql::effect::dml) return false;
  if (target.kind != 'r' && target.kind != 'p') return false;
  if (!target.may_select || target.row_security || target.has_rules) return false;
  if (relation.has_user_triggers || relation.has_rules) return false;
  if (relation.has_inheritance_children && !s.dml->only && s.kind != statement_kind::insert) return false;
  return relation.refusals.empty() && !assigns_key(*s.dml, relation);
}

plan base_plan(const sql::statement& s) {
  plan p;
  p.kind = s.kind;
  p.name = s.name;
  p.and_chain = s.and_chain;
  p.changes_names = s.changes_names;
  p.changes_lexing = s.changes_lexing;
  if (s.dml) p.has_returning = s.dml->has_returning;
  return p;
}

}  // namespace

plan plan_statement(const sql::statement& s) {
  plan p = base_plan(s);
  p.changes_names |= s.deallocates;
  if (s.effect == sql::effect::harmless) p.mode = capture_mode::harmless;
  // It commits by itself, so nothing can be asked before its commit.
  p.may_commit_inside = s.refuses_transaction_block && p.mode == capture_mode::unproven;
  p.writes_inside_commit = s.with_hold && p.mode == capture_mode::unproven;
  switch (s.kind) {
    case statement_kind::call:
    case statement_kind::do_block:
    case statement_kind::commit_prepared:
      p.mode = capture_mode::unproven;
      p.may_commit_inside = true;
      break;
    case statement_kind::prepare_transaction:
      // Outside of a block it warns, and what ran before in the implicit transaction is committed.
      p.may_commit_inside = true;
      break;
    case statement_kind::copy_from:
      p.may_commit_inside = true;
      if (s.written.size() == 1) p.copied = s.written.front();
      break;
    case statement_kind::copy_to:
      // Its data starts to flow before the transaction could be held.
      p.may_commit_inside = p.mode == capture_mode::unproven;
      break;
    default:
      break;
  }
  return p;
}

plan plan_dml(const sql::statement& s, std::string_view statement_text, const resolved_name& target,
              const mirrored_catalog& mirrored) {
  plan p = base_plan(s);
  p.rules_may_answer = target.has_rules;
  p.target = s.dml->target;
  p.target_oid = target.oid;
  const catalog::relation* relation = mirrored.find(target.oid);
  if (relation == nullptr) {
    // Not mirrored: harmless, unless triggers, rules or a view carry the write elsewhere.
    const bool plain =
        (target.kind == 'r' || target.kind == 'p') && !target.has_triggers && !target.has_rules;
    if (s.effect == sql::effect::dml && plain) p.mode = capture_mode::harmless;
    return p;
  }
  if (!can_image(s, target, *relation)) return p;
  p.mode = capture_mode::image;
  p.also_unproven = relation->cascades && s.kind != statement_kind::insert;
  p.rewritten = sql::add_returning(
      statement_text, *s.dml,
      catalog::image_expression(*relation, s.dml->alias, catalog::image_form_for(*relation, target.unmet)));
  return p;
}

}  // namespace pgtandem::proxy
