// The extended protocol, message by message.
#include "protocol/planted_bug.h"
#include "protocol/sql/characters.h"
#include "proxy/session/planner/unknown_text.h"
#include "proxy/session/session.h"

#include "protocol/wire/backend/error_response.h"
#include "protocol/wire/frontend/bind.h"
#include "protocol/wire/frontend/close.h"
#include "protocol/wire/frontend/describe.h"
#include "protocol/wire/frontend/execute.h"
#include "protocol/wire/frontend/parse.h"

namespace pgtandem::proxy {

using sql::statement_kind;

session::step session::handle_parse(const wire::frame_view& f) {
  const auto m = wire::decode_parse(f.body);
  outstanding answer;
  answer.what = request::parse;
  if (!m) {
    open_batch();
    server_.forward(f.raw, std::move(answer));  // legacy says what is wrong with it
    return step::consumed;
  }
  const auto parsed = lexing_.understand(m->query, *env_.statements);
  plan_ptr p;
  if (!parsed || !parsed->ok || parsed->statements.size() > 1) {
    auto unknown = std::make_shared<plan>();
    unknown->defines = true;
    unknown->may_commit_inside = parsed ? !one_unknown_statement(m->query) : !begins_as_query(m->query);
    p = std::move(unknown);
  } else if (parsed->statements.empty()) {
    p = std::make_shared<plan>(
        plan{.mode = capture_mode::harmless, .changes_names = false, .changes_lexing = false});
  } else {
    const sql::statement& s = parsed->statements.front();
    p = planner_.plan_for(s, m->query.substr(s.offset, s.length));
    if (p == nullptr) return step::blocked;
    if (p->asks_ahead()) {
      auto typed = std::make_shared<plan>(*p);
      typed->parameter_types = m->parameter_types;
      p = std::move(typed);
    }
    if (is_rewritten(*p) && (s.dml || s.parts) && !m->statement.empty())
      p = planner_.keep_source(std::move(p),
                               {.statement = s,
                                .text = std::string(m->query.substr(s.offset, s.length)),
                                .parameter_types = m->parameter_types,
                                .position_shift = sql::count_characters(m->query.substr(0, s.offset))});
  }
  open_batch();
  answer.name = m->statement;
  answer.statement = p;
  answer.previous = prepared_.store(answer.name, p);
  if (p->rewritten.empty()) {
    server_.forward(f.raw, std::move(answer));
    return step::consumed;
  }
  std::string bytes;
  wire::parse rewritten = *m;
  rewritten.query = p->rewritten;
  wire::encode(rewritten, bytes);
  // What comes before the statement in the client's text was cut off.
  answer.position_shift = sql::count_characters(m->query.substr(0, parsed->statements.front().offset));
  server_.forward(bytes, std::move(answer));
  return step::consumed;
}

session::step session::handle_bind(const wire::frame_view& f) {
  auto m = wire::decode_bind_header(f.body);
  if (m && server_.may_yet_rename(m->statement)) {
    server_.flush();
    return step::blocked;
  }
  const plan_ptr prepared = m ? prepared_.find(m->statement) : nullptr;
  const plan_ptr statement = planner_.rewritten_anew(prepared);
  if (prepared && !statement) return step::blocked;
  open_batch();
  outstanding answer;
  answer.what = request::bind;
  if (!m) {
    server_.forward(f.raw, std::move(answer));
    return step::consumed;
  }
  const bool anew = statement != prepared;
  if (anew) m->statement = prepare_anew(statement);
  auto bound = std::make_shared<portal>();
  bound->statement = statement;
  answer.statement = bound->statement;
  const bool imaged = bound->statement && bound->statement->mode == capture_mode::image;
  const bool has_returning = imaged && bound->statement->has_returning;
  if (bound->statement && bound->statement->asks_ahead()) bound->bind = f.body;
  if (!m->portal.empty()) planner_.note_bound(m->portal, bound->statement);
  answer.name = m->portal;
  answer.portal = bound;
  answer.previous_portal = prepared_.store_portal(answer.name, std::move(bound));
  std::vector<std::int16_t> formats(m->result_formats.begin(), m->result_formats.end());
  if (imaged && !has_returning) {
    // Legacy ignores formats where there is no result, also wrong ones.
    formats.clear();
  } else if (imaged && formats.size() >= 2) {
    formats.push_back(0);  // a list names every column: ours is one more; none or one format holds for all
  }
  if (formats.size() == m->result_formats.size() && !anew) {
    server_.forward(f.raw, std::move(answer));
    return step::consumed;
  }
  std::string bytes;
  wire::encode_with_result_formats(*m, formats, bytes);
  server_.forward(bytes, std::move(answer));
  return step::consumed;
}

session::step session::handle_describe(const wire::frame_view& f) {
  const auto m = wire::decode_describe(f.body);
  if (m && m->target == 'S' && server_.may_yet_rename(m->name)) {
    server_.flush();
    return step::blocked;
  }
  open_batch();
  outstanding answer;
  answer.what = request::describe;
  if (m) {
    if (m->target == 'S') {
      answer.statement = prepared_.find(m->name);
    } else if (const auto p = prepared_.find_portal(m->name)) {
      answer.statement = p->statement;
    }
  }
  server_.forward(f.raw, std::move(answer));
  return step::consumed;
}

session::step session::handle_execute(const wire::frame_view& f) {
  const auto m = wire::decode_execute(f.body);
  const auto p = m ? prepared_.find_portal(m->portal) : nullptr;
  static const plan_ptr unknown = std::make_shared<plan>();
  const bool again = p && p->executed;
  const plan_ptr statement =
      !p || !p->statement ? unknown
      : again             ? p->statement
              : planner_.as_copied_now(planner_.as_sent_now(planner_.as_prepared_now(p->statement)));
  if (statement == nullptr) return step::blocked;
  outstanding answer;
  answer.what = request::execute;
  answer.statement = statement;
  answer.portal = p;
  answer.max_rows = m ? m->max_rows : 0;
  answer.sent_at = prepared_.now();
  if (again && statement->mode == capture_mode::image) {
    if (!server_.settled()) {  // whether it may be answered at all depends on what came before
      server_.flush();
      return step::blocked;
    }
    if (!transaction_.failed()) return execute_again(*m, std::move(answer));
  }
  open_batch();
  answer.may_prepare = statement->kind == statement_kind::other;
  if (!mark_ahead_of(*statement)) return step::blocked;
  if (!premark_.error.empty()) {
    reject_commit();
    return step::consumed;
  }
  answer.ripens = take_premark();
  const bool commits = statement->kind == statement_kind::commit;
  if (commits && sent_.dirty) {
    if (!hold_commit(commit_point::execute)) return step::blocked;
    if (hold_.rejected) {
      reject_commit();
      return step::consumed;
    }
    answer.commit_of = take_hold();
  }
  note_sent(*statement);
  note_prepared(*statement, answer);
  if (statement->kind == statement_kind::copy_from || statement == unknown)
    answer.copy = copy_.expect(*statement, env_.chunk_bytes);
  if (statement->mode == capture_mode::image) {
    p->executed = true;
    ask_ahead(*statement, p->bind);
    std::string bytes;
    wire::encode(wire::execute{m->portal, 0}, bytes);  // a row limit would leave images behind
    server_.forward(bytes, std::move(answer));
  } else {
    server_.forward(f.raw, std::move(answer));
  }
  ask_behind(*statement);
  return step::consumed;
}

// Legacy has run the portal of an imaged statement to its end already.
session::step session::execute_again(const wire::execute& m, outstanding answer) {
  if (answer.statement->has_returning) {
    answer.from_portal = true;
    server_.owe(std::move(answer));
    answer_from_portals();
    return step::consumed;
  }
  // Without rows of its own the client's portal is finished, and running it again is an error. Ours is not:
  // one that does not exist makes legacy fail in its place.
  open_batch();
  wire::encode_error(wire::error_report{.severity = "ERROR",
                                        .sqlstate = "55000",
                                        .message = "portal \"" + std::string(m.portal) + "\" cannot be run"},
                     answer.error_instead);
  std::string bytes;
  wire::encode(wire::execute{"_pgtandem_finished", 0}, bytes);
  server_.forward(bytes, std::move(answer));
  return step::consumed;
}

session::step session::handle_close(const wire::frame_view& f) {
  open_batch();
  outstanding answer;
  answer.what = request::close;
  if (const auto m = wire::decode_close(f.body)) {
    answer.name = m->name;
    answer.closes_portal = m->target == 'P';
    if (answer.closes_portal)
      planner_.note_closed(m->name);
    else
      answer.statement = prepared_.find(m->name);
  }
  answer.sent_at = prepared_.now();
  server_.forward(f.raw, std::move(answer));
  return step::consumed;
}

session::step session::handle_sync(const wire::frame_view& f) {
  outstanding answer;
  answer.what = request::sync;
  answer.sent_at = prepared_.now();
  const bool ignored = planted(planted_bug::pipelined_commit_not_held) && server_.ready_owed() > 0;
  if (!ignored && !discarding_ && sent_.dirty && (!sent_.in_block || sent_.unsure)) {
    if (!hold_commit(commit_point::sync)) return step::blocked;
    if (hold_.rejected) {
      reject_commit();
    } else {
      answer.commit_of = take_hold();
    }
  } else {
    hold_ = {};
  }
  discarding_ = false;
  sent_.batch_open = false;
  if (!sent_.in_block) end_sent_transaction(false);
  server_.forward(f.raw, std::move(answer));
  sent_.unsynced = own_failed_ = false;
  if (std::exchange(stray_, false)) {
    close_in_script('S', "");
    server_.flush();
  }
  return step::consumed;
}

session::step session::handle_function_call(const wire::frame_view& f) {
  // The function is named by oid and may write anything; outside a block it commits by itself.
  plan p;
  p.may_commit_inside = true;
  outstanding answer;
  answer.what = request::function_call;
  answer.sent_at = prepared_.now();
  if (sent_.in_block && !server_.settled()) {  // the block may have come to nothing
    server_.flush();
    return step::blocked;
  }
  if (!sent_.in_block) {
    if (!mark_ahead(&p)) return step::blocked;
    if (!premark_.error.empty()) {
      reject_commit();
      discarding_ = false;
      server_.sync({.to = audience::script});
      return step::consumed;
    }
  }
  answer.ripens = take_premark();
  note_sent(p);
  sent_.batch_open = false;
  if (!sent_.in_block) end_sent_transaction(false);
  answer.statements = std::make_shared<std::vector<plan>>(1, p);
  server_.forward(f.raw, std::move(answer));
  return step::consumed;
}

}  // namespace pgtandem::proxy
