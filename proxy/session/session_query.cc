// Simple Query: passed on as it is where that is safe, else run statement by statement in extended messages.
#include <algorithm>

#include "protocol/sql/characters.h"
#include "proxy/session/planner/characters.h"
#include "proxy/session/planner/unknown_text.h"
#include "proxy/session/session.h"

#include "protocol/wire/backend/empty_query_response.h"
#include "protocol/wire/frontend/bind.h"
#include "protocol/wire/frontend/close.h"
#include "protocol/wire/frontend/describe.h"
#include "protocol/wire/frontend/execute.h"
#include "protocol/wire/frontend/parse.h"
#include "protocol/wire/frontend/query.h"

namespace pgtandem::proxy {

using sql::effect;
using sql::statement_kind;

namespace {

bool is_commit(const sql::statement& s) {
  return s.kind == statement_kind::commit;
}

// Whether the session has to remember that the statement ran.
bool leaves_trace(const sql::statement& s) {
  switch (s.kind) {
    case statement_kind::select:
    case statement_kind::show:
    case statement_kind::explain:
    case statement_kind::maintenance:
    case statement_kind::empty:
      return s.changes_names;
    default:
      return true;
  }
}

// Whether a setting changes before the last statement. Legacy reads the whole text before it runs any of it;
// cut up, the rest would be read under the new setting.
bool sets_ahead(const std::vector<sql::statement>& all) {
  return std::any_of(all.begin(), all.end(), [&](const sql::statement& s) {
    const bool sets = s.kind == statement_kind::set || s.kind == statement_kind::reset;
    return sets && s.changes_lexing && &s != &all.back();
  });
}

// Whether one of several statements asks for a transaction block and finds none but the implicit one that
// legacy opens around the statements of one Query: as extended messages they would be refused.
bool asks_for_block(const std::vector<sql::statement>& all, bool in_block) {
  if (all.size() < 2) return false;
  return std::any_of(all.begin(), all.end(), [&](const sql::statement& s) {
    if (s.kind == statement_kind::begin) in_block = true;
    if (is_commit(s) || s.kind == statement_kind::rollback) in_block = s.and_chain;
    const bool asks =
        s.kind == statement_kind::lock_table || (s.kind == statement_kind::declare_cursor && !s.with_hold);
    return asks && !in_block;
  });
}

}  // namespace

session::step session::handle_query(const wire::frame_view& f) {
  if (script_) return run_script();
  const auto m = wire::decode_query(f.body);
  if (!m) {
    forward_query(f, nullptr, std::nullopt);  // legacy runs nothing and says what is wrong with it
    return step::consumed;
  }
  // Reports of settings may still come.
  if (lexing_.awaited_for(m->text) && !all_answered()) return step::blocked;
  auto parsed = lexing_.understand(m->text, *env_.statements);
  std::optional<sql::statement> unknown;
  if (parsed && !parsed->ok) unknown = one_unknown_statement(m->text);
  if (!unknown && (!parsed || !parsed->ok)) return query_opaque(f);
  const auto& known = parsed->statements;
  if (!unknown &&
      std::all_of(known.begin(), known.end(), [this](const auto& s) { return planner_.is_harmless(s); }))
    return query_harmless(f, m->text, parsed);
  // Reads that run users' code are cut out of the text, too, and a shape does not know their places.
  if (std::any_of(known.begin(), known.end(), [](const auto& s) { return s.length == 0; }))
    parsed = lexing_.understand_anew(m->text);
  const auto& all = parsed->statements;
  if (sent_.batch_open && sent_.block_unseen) return query_opaque(f);
  // From here on the session must know the transaction state for certain.
  if (!all_answered()) return step::blocked;
  if (unknown) return query_of_one(f, m->text, *unknown);
  return all.size() == 1 ? query_of_one(f, m->text, all.front()) : query_of_many(f, m->text, parsed);
}

session::step session::query_harmless(const wire::frame_view& f, std::string_view text,
                                      const std::shared_ptr<const sql::parsed_text>& parsed) {
  const auto& all = parsed->statements;
  // A block may have come to nothing in what is not answered yet.
  const bool commits = std::any_of(all.begin(), all.end(), is_commit) ||
                       (sent_.batch_open && (!sent_.in_block || sent_.unsure));
  std::optional<seq_t> commit_of;
  if (commits && sent_.dirty) {
    if (sent_.unsynced && !server_.settled()) {
      server_.flush();
      return step::blocked;
    }
    // Statement by statement it would run where legacy alone refuses.
    const auto refuses = [](const sql::statement& s) { return s.refuses_transaction_block; };
    if (all.size() > 1 && std::any_of(all.begin(), all.end(), refuses)) return query_opaque(f);
    // Only what is cut out of the text needs true offsets: those of a shape are not.
    if ((sets_ahead(all) && depends_on_settings(text)) || asks_for_block(all, sent_.in_block))
      return query_opaque(f);
    if (all.size() != 1 || sent_.batch_open) return start_script(text, lexing_.understand_anew(text));
    if (!hold_commit(commit_point::query)) return step::blocked;
    if (hold_.rejected) {
      reject_commit();
      discarding_ = false;
      server_.sync({.to = audience::script});
      return step::consumed;
    }
    commit_of = take_hold();
  }
  const bool trace = std::any_of(all.begin(), all.end(), leaves_trace);
  forward_query(f, trace ? planner_.plans_of(*parsed) : nullptr, commit_of);
  return step::consumed;
}

session::step session::query_of_one(const wire::frame_view& f, std::string_view text,
                                    const sql::statement& s) {
  const plan_ptr p =
      planner_.as_copied_now(planner_.as_sent_now(planner_.plan_for(s, text.substr(s.offset, s.length))));
  if (p == nullptr) return step::blocked;
  if (p->mode == capture_mode::read_back) return start_copy(text, s, p);
  const bool in_block = sent_.in_block;
  // Extended messages without a Sync, which the Query will commit.
  const bool behind_batch = sent_.batch_open && sent_.dirty && !in_block;
  // Where its data begins to flow nothing can be asked any more: what came before is marked, too.
  const bool copies = s.kind == statement_kind::copy_from || s.kind == statement_kind::copy_to;
  const bool stays_a_query = p->may_commit_inside || p->rules_may_answer;
  const bool prepares = p->kind == statement_kind::prepare_transaction;
  if (prepares || (stays_a_query && !in_block)) {
    const bool marked = prepares ? mark_ahead_of(*p) : mark_ahead(behind_batch && copies ? nullptr : p.get());
    if (!marked) return step::blocked;
    if (!premark_.error.empty()) {
      reject_commit();
      discarding_ = false;
      server_.sync({.to = audience::script});
      return step::consumed;
    }
  }
  const bool needs_script = is_rewritten(*p) || (p->mode == capture_mode::noted && !in_block) ||
                            (p->prepares && !p->rewritten.empty()) ||
                            (p->mode == capture_mode::unproven && !in_block && !stays_a_query) ||
                            (behind_batch && !copies) || (p->kind == statement_kind::commit && sent_.dirty);
  if (!needs_script || transaction_.failed()) {
    forward_query(f, std::make_shared<std::vector<plan>>(1, *p), std::nullopt);
    return step::consumed;
  }
  auto one = std::make_shared<sql::parsed_text>();
  one->statements.push_back(s);
  return start_script(text, std::move(one));
}

session::step session::query_of_many(const wire::frame_view& f, std::string_view text,
                                     std::shared_ptr<const sql::parsed_text> parsed) {
  const auto& all = parsed->statements;
  const auto rules = planner_.rules_may_answer(all);
  if (!rules) return step::blocked;
  // These cannot run as extended messages one by one.
  const bool refuses =
      std::any_of(all.begin(), all.end(),
                  [](const sql::statement& s) {
                    return plan_statement(s).may_commit_inside || s.refuses_transaction_block;
                  }) ||
      *rules || (sets_ahead(all) && depends_on_settings(text)) || asks_for_block(all, sent_.in_block);
  if (!refuses) return start_script(text, std::move(parsed));
  const bool commits = std::any_of(all.begin(), all.end(), [](const sql::statement& s) {
    return is_commit(s) || s.kind == statement_kind::prepare_transaction;
  });
  if (!sent_.in_block || commits) return query_opaque(f);
  forward_query(f, planner_.plans_of(*parsed), std::nullopt);
  return step::consumed;
}

// Nothing is known of the text, or too much can happen inside it: every table is marked before it is passed
// on.
session::step session::query_opaque(const wire::frame_view& f) {
  if (!all_answered()) return step::blocked;
  if (!mark_ahead(nullptr)) return step::blocked;
  if (!premark_.error.empty()) {
    reject_commit();
    discarding_ = false;
    server_.sync({.to = audience::script});
    return step::consumed;
  }
  forward_query(f, std::make_shared<std::vector<plan>>(), std::nullopt);
  return step::consumed;
}

void session::forward_query(const wire::frame_view& f, std::shared_ptr<std::vector<plan>> statements,
                            std::optional<seq_t> commit_of) {
  outstanding answer;
  answer.what = request::query;
  answer.commit_of = commit_of;
  answer.ripens = take_premark();
  answer.may_prepare = statements && statements->empty();
  answer.sent_at = prepared_.now();
  if (statements) {
    if (statements->empty()) note_sent(plan{.defines = true});
    for (const plan& p : *statements) note_sent(p);
    if (statements->size() == 1) note_prepared(statements->front(), answer);
  }
  answer.statements = std::move(statements);
  sent_.batch_open = false;
  // A simple Query drops the unnamed statement and portal.
  answer.unnamed = prepared_.find("");
  prepared_.erase("", prepared_.now());
  answer.drops_unnamed_portal = true;
  if (!sent_.in_block) end_sent_transaction(false);
  server_.forward(f.raw, std::move(answer));
}

session::step session::start_script(std::string_view text, std::shared_ptr<const sql::parsed_text> parsed) {
  script_ = script{std::string(text), std::move(parsed), 0};
  // A simple Query drops the unnamed statement.
  open_batch();
  close_in_script('S', "");
  prepared_.erase("", prepared_.now());
  return run_script();
}

session::step session::run_script() {
  const auto& all = script_->parsed->statements;
  while (script_->next < all.size() && !discarding_) {
    const sql::statement& s = all[script_->next];
    const std::string_view text = std::string_view(script_->text).substr(s.offset, s.length);
    const plan_ptr p = planner_.as_sent_now(planner_.plan_for(s, text));
    if (p == nullptr) return step::blocked;
    std::optional<seq_t> commit_of;
    // SQL's EXECUTE may run a COMMIT that was prepared by protocol.
    if (p->kind == statement_kind::commit && sent_.dirty) {
      if (!hold_commit(commit_point::execute)) return step::blocked;
      if (hold_.rejected) {
        reject_commit();
        break;
      }
      commit_of = take_hold();
    }
    if (p->kind == statement_kind::prepare_transaction) {
      if (!mark_ahead_of(*p)) return step::blocked;
      if (!premark_.error.empty()) {
        reject_commit();
        break;
      }
    }
    open_batch();
    note_sent(*p);
    ++script_->next;
    send_script_statement(p, text, s.offset, script_->next == all.size(), commit_of);
  }
  outstanding end;
  // An empty Query ends the implicit transaction like any other, and is answered after that.
  if (all.empty()) wire::encode(wire::empty_query_response{}, end.answered_before_ready);
  if (!discarding_ && sent_.dirty && !sent_.in_block) {
    if (!hold_commit(commit_point::sync)) return step::blocked;
    if (hold_.rejected) {
      withheld_.clear();
      reject_commit();
    } else {
      end.commit_of = take_hold();
    }
  }
  hold_ = {};
  // A simple Query leaves no unnamed portal behind. After an error legacy skips all but the Sync.
  end.drops_unnamed_portal = !std::exchange(discarding_, false);
  if (end.drops_unnamed_portal) close_in_script('P', "");
  end.sent_at = prepared_.now();
  end.to = audience::script;
  end.ripens = take_premark();
  server_.sync(std::move(end));
  sent_.batch_open = false;
  if (!sent_.in_block) end_sent_transaction(false);
  script_.reset();
  return step::consumed;
}

void session::close_in_script(char target, std::string_view name) {
  std::string bytes;
  wire::encode(wire::close{target, name}, bytes);
  server_.forward(bytes, {.what = request::close, .to = audience::script});
}

void session::send_script_statement(const plan_ptr& p, std::string_view text, std::size_t offset, bool last,
                                    std::optional<seq_t> commit_of) {
  const std::string_view sent = p->rewritten.empty() ? text : std::string_view(p->rewritten);
  const std::int32_t shift = sql::count_characters(std::string_view(script_->text).substr(0, offset));
  const auto send = [&](const std::string& bytes, request what) {
    outstanding o;
    o.what = what;
    o.to = audience::script;
    o.statement = p;
    o.position_shift = shift;
    o.sent_at = prepared_.now();
    if (what == request::execute) {
      o.commit_of = commit_of;
      o.ripens = take_premark();
      // Legacy alone would send the last tag only after the commit that ends the Query.
      const bool behind = p->mode == capture_mode::read_back || !p->noted_rows.empty();
      o.withhold = last && (!sent_.in_block || behind);
      if (p->mode == capture_mode::read_back) o.copy = copy_.expect(*p, env_.chunk_bytes);
      note_prepared(*p, o);
    }
    server_.forward(bytes, std::move(o));
  };
  // Under a name of our own: should it fail, the client must not find an unnamed statement that it has not
  // made.
  constexpr std::string_view name = "_pgtandem_script";
  close_in_script('S', name);
  std::string bytes;
  wire::encode(wire::parse{name, sent, {}}, bytes);
  send(bytes, request::parse);
  bytes.clear();
  wire::bind bind;
  bind.statement = name;
  wire::encode(bind, bytes);
  send(bytes, request::bind);
  bytes.clear();
  wire::encode(wire::describe{'P', ""}, bytes);
  send(bytes, request::describe);
  ask_ahead(*p, {});
  bytes.clear();
  wire::encode(wire::execute{"", 0}, bytes);
  send(bytes, request::execute);
  ask_behind(*p);
}

}  // namespace pgtandem::proxy
