#include "proxy/session/capture/plan.h"

#include <algorithm>

#include "protocol/change/image.h"
#include "protocol/planted_bug.h"
#include "protocol/sql/rewrite.h"
#include "proxy/session/capture/noted_rows.h"

namespace pgtandem::proxy {
namespace {

using sql::statement_kind;

bool assigns_key(const sql::dml_info& dml, const catalog::relation& relation) {
  return std::any_of(relation.key.begin(), relation.key.end(), [&](const catalog::key_column& k) {
    return std::find(dml.assigned.begin(), dml.assigned.end(), relation.columns[k.column].name) !=
           dml.assigned.end();
  });
}

// Whether INSERT ... ON CONFLICT sets the key to what it equals already. A text may be equal under the
// collation of the index that conflicts, and not under the key's.
bool keeps_key(std::string_view insert_text, const catalog::relation& relation) {
  if (!change::key_is_canonical(relation)) return false;
  std::vector<std::string> key;
  for (const auto& k : relation.key) {
    const auto& column = relation.columns[k.column];
    if (column.collatable) return false;
    key.push_back(column.name);
  }
  return sql::conflict_keeps(insert_text, key);
}

// Whether the rewrite is certain to be harmless and its images can be trusted (DESIGN "Capture").
bool can_image(const sql::statement& s, const resolved_name& target, const catalog::relation& relation) {
  if (s.effect != sql::effect::dml) return false;
  if (target.kind != 'r' && target.kind != 'p') return false;
  if (!target.may_select || target.row_security || target.has_rules) return false;
  if (relation.has_user_triggers || relation.has_rules) return false;
  if (relation.has_inheritance_children && !s.dml->only && s.kind != statement_kind::insert) return false;
  return relation.refusals.empty();
}

plan base_plan(const sql::statement& s) {
  plan p;
  p.kind = s.kind;
  p.name = s.name;
  p.and_chain = s.and_chain;
  p.changes_names = s.changes_names;
  p.changes_lexing = s.changes_lexing;
  p.defines = s.defines;
  p.with_hold = s.with_hold;
  p.uses = s.uses;
  p.streams = s.kind == statement_kind::select && !s.writes_in_with;
  if (s.dml) p.has_returning = s.dml->has_returning;
  return p;
}

// A part as the statement that it would be by itself.
sql::statement by_itself(const sql::modifying_part& part) {
  sql::statement s;
  s.kind = part.kind;
  s.effect = sql::effect::dml;
  s.dml = part.dml;
  return s;
}

// Whether foreign keys may carry what the part does to rows that were there.
bool may_carry(const sql::modifying_part& part) {
  return part.kind != statement_kind::insert || part.dml.on_conflict_update;
}

// Whether what the part writes can be noted, and is all that comes of it.
bool can_note(const sql::modifying_part& part, const resolved_name& target,
              const catalog::relation& relation) {
  if (!can_image(by_itself(part), target, relation) || assigns_key(part.dml, relation)) return false;
  return !may_carry(part) || relation.cascades.empty();
}

std::string note_expression(const sql::modifying_part& part, const resolved_name& target,
                            const catalog::relation& relation) {
  return part.kind == statement_kind::remove ? note_of_removed_row(relation, part.dml.alias, target)
                                             : note_of_written_row(part.dml.alias);
}

// What the statement does besides its parts; `text` is rewritten for these already.
plan plan_main(const sql::statement& s, std::string_view text, const resolved_name& target,
               const mirrored_catalog& mirrored) {
  sql::statement main = s;
  main.effect = sql::effect::dml;
  main.dml = s.parts->main;
  return plan_dml(main, text, target, mirrored);
}

}  // namespace

plan running_user_code(plan p) {
  p.changes_names = p.changes_lexing = true;
  if (p.mode == capture_mode::image) {
    p.also_unproven = true;
    p.old_keys.reset();  // its WHERE would run the code once more
    p.removed.reset();
    return p;
  }
  p.mode = capture_mode::unproven;
  p.writes_inside_commit |= p.with_hold;
  // Its data starts to flow before the transaction could be held.
  p.may_commit_inside |= p.kind == statement_kind::copy_to;
  return p;
}

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
      p.copies = s.copied;
      break;
    case statement_kind::truncate:
      if (!s.cascades) p.truncates = s.written;
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

plan plan_truncate(const plan& p, std::span<const resolved_name> targets, const mirrored_catalog& mirrored) {
  plan noted = p;
  for (const resolved_name& target : targets) {
    if (target.kind != 'r' && target.kind != 'p') return p;
    const catalog::relation* relation = mirrored.find(target.oid);
    if (relation == nullptr) {
      if (target.has_triggers) return p;
      continue;
    }
    // Of a partition the keys are not known, nor whether ONLY spares the children.
    if (target.oid != relation->oid || relation->has_inheritance_children) return p;
    if (relation->has_user_triggers) return p;
    noted.truncated.push_back(relation->name);
  }
  if (noted.truncated.empty()) return p;
  noted.mode = capture_mode::noted;
  noted.watched = true;  // children of tables that are not mirrored, or of which nobody knows yet
  noted.changes_names = noted.changes_lexing = false;
  return noted;
}

// Triggers, rules and views carry a write elsewhere. And legacy looks the name up once more when it runs the
// statement: where the table in the way of a mirrored one has gone, the locks tell which one was written.
bool certainly_unmirrored(const sql::relation_ref& name, const resolved_name& target,
                          const mirrored_catalog& mirrored) {
  const bool plain = (target.kind == 'r' || target.kind == 'p') && !target.carries_writes();
  return plain && (target.temporary || mirrored.namesakes(name).empty());
}

plan plan_dml(const sql::statement& s, std::string_view statement_text, const resolved_name& target,
              const mirrored_catalog& mirrored) {
  plan p = base_plan(s);
  p.rules_may_answer = target.has_rules;
  p.target = s.dml->target;
  p.target_oid = target.oid;
  const catalog::relation* relation = mirrored.find(target.oid);
  if (relation == nullptr) {
    if (s.effect == sql::effect::dml && certainly_unmirrored(s.dml->target, target, mirrored))
      p.mode = capture_mode::harmless;
    return p;
  }
  if (!can_image(s, target, *relation)) return p;
  if (assigns_key(*s.dml, *relation) && !planted(planted_bug::key_change_as_upsert)) {
    if (s.kind == statement_kind::update)
      p.old_keys = make_old_keys_query(statement_text, *s.dml, *relation, target);
    if (!p.old_keys && !(s.kind == statement_kind::insert && keeps_key(statement_text, *relation))) return p;
  }
  p.mode = capture_mode::image;
  p.assigned = s.dml->assigned;
  if (s.kind == statement_kind::remove && !relation->cascades.empty())
    if (auto choice = sql::choose_rows(statement_text, *s.dml))
      p.removed = std::make_shared<removed_rows>(removed_rows{std::move(*choice), s.dml->alias});
  p.rewritten = sql::add_returning(
      statement_text, *s.dml,
      catalog::image_expression(*relation, s.dml->alias, catalog::image_form_for(*relation, target.unmet)));
  return p;
}

std::vector<sql::relation_ref> targets_of(const sql::statement& s) {
  std::vector<sql::relation_ref> all;
  if (s.dml) all.push_back(s.dml->target);
  if (!s.parts) return all;
  for (const sql::modifying_part& part : s.parts->parts) all.push_back(part.dml.target);
  if (s.parts->main) all.push_back(s.parts->main->target);
  return all;
}

plan plan_parts(const sql::statement& s, std::string_view statement_text,
                std::span<const resolved_name> targets, const mirrored_catalog& mirrored) {
  plan unproven = plan_statement(s);
  const std::vector<sql::modifying_part>& parts = s.parts->parts;
  std::vector<std::string> expressions(parts.size());
  std::vector<written_name> names;
  std::vector<noted_table> written;
  std::set<oid_t> noted;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const sql::modifying_part& part = parts[i];
    const catalog::relation* relation = mirrored.find(targets[i].oid);
    written_name& name = names.emplace_back(written_name{.name = part.dml.target, .oid = targets[i].oid});
    if (relation == nullptr) {
      if (!certainly_unmirrored(part.dml.target, targets[i], mirrored)) return unproven;
      continue;
    }
    // The columns of `*` would not show where they come from any more.
    if (!can_note(part, targets[i], *relation) || (part.returns_all && s.parts->returns_rows))
      return unproven;
    name.noted = true;
    name.carries = may_carry(part);
    expressions[i] = note_expression(part, targets[i], *relation);
    if (part.kind != statement_kind::remove &&
        std::none_of(written.begin(), written.end(),
                     [&](const auto& t) { return t.target.oid == targets[i].oid; }))
      written.push_back({part.dml.target, relation, targets[i]});
    noted.insert(relation->oid);
  }
  const auto text = sql::note_parts(statement_text, *s.parts, expressions);
  if (!text) return unproven;
  plan p = base_plan(s);
  p.mode = capture_mode::harmless;
  if (s.parts->main) {
    // Its images come before the notes are read: of one row the wrong one would be the last.
    const catalog::relation* relation = mirrored.find(targets.back().oid);
    if (relation != nullptr && noted.contains(relation->oid)) return unproven;
    p = plan_main(s, text->text, targets.back(), mirrored);
    if (p.mode == capture_mode::unproven) return unproven;
  }
  p.changes_names = p.changes_lexing = false;
  p.parts = std::move(names);
  if (noted.empty()) return p;
  if (p.mode == capture_mode::harmless) p.mode = capture_mode::parts;
  if (p.rewritten.empty()) p.rewritten = text->text;
  p.edits = text->edits;
  p.noted_rows = noted_rows_query(written);
  p.watched = true;
  return p;
}

plan plan_copy(plan p, const resolved_name& target, const mirrored_catalog& mirrored) {
  const catalog::relation* relation = mirrored.find(target.oid);
  if (relation == nullptr || !p.copied || !p.copies) return p;
  p.read_back = make_read_back_query(*p.copies, *p.copied, *relation, target);
  if (!p.read_back) return p;
  p.mode = capture_mode::read_back;
  p.may_commit_inside = p.changes_names = p.changes_lexing = false;
  p.target = p.copied;
  p.target_oid = target.oid;
  return p;
}

}  // namespace pgtandem::proxy
