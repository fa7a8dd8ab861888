#include "proxy/session/session.h"

#include <algorithm>
#include <array>

#include "protocol/planted_bug.h"
#include "protocol/wire/backend/error_response.h"
#include "protocol/wire/frontend/parse.h"
#include "protocol/wire/frontend/terminate.h"

namespace pgtandem::proxy {

namespace ft = wire::frontend_type;

namespace {

// A Parse that fails has dropped what had no name.
bool parses_unnamed(const wire::frame_view& f) {
  const auto m = f.type == ft::parse ? wire::decode_parse(f.body) : std::nullopt;
  return m && m->statement.empty();
}

}  // namespace

session::session(session_environment environment)
    : env_(std::move(environment)),
      transaction_(env_.chunk_bytes),
      planner_(env_, server_, transaction_, prepared_) {}

void session::on_client_bytes() {
  pump();
}

void session::on_client_eof() {
  client_eof_ = true;
  pump();
}

std::vector<action> session::take_actions() {
  while (const auto staging = transaction_.changes().take_abandoned())
    actions_.push_back(drop_staging_action{*staging});
  return std::exchange(actions_, {});
}

bool session::idle() const {
  return ready_once_ && server_.settled() && !blocked_ && !transaction_.in_block() && !sent_.batch_open &&
         client_in_.empty() && !script_;
}

void session::pump() {
  if (env_.raw) {
    server_.forward(client_in_.data());
    client_in_.consume(client_in_.size());
    // Its end is the end of the connection.
    if (client_eof_) broken_ = true;
    return;
  }
  while (!closed_ && !broken_ && !terminated_) {
    // While a commit is held its images are already in the record: the transaction only looks clean.
    if (server_.settled() && hold_.stage == hold_stage::none) adopt_answered_state();
    std::string_view rest = client_in_.data();
    if (client_stream_ > 0) {
      pass_client_stream();
      if (client_stream_ > 0) break;
      continue;
    }
    if (script_ && script_->copies && !copy_.expected()) {
      blocked_ = run_script() == step::blocked;
      ask_what_is_needed();
      if (blocked_) break;
      continue;
    }
    wire::frame_view f;
    const auto status = wire::next_frame(rest, f, wire::frontend_length);
    if (status == wire::frame_status::malformed) {
      // Legacy would close without a word once it has answered what came before.
      client_eof_ = true;
      blocked_ = false;
      break;
    }
    if (status == wire::frame_status::incomplete) {
      const auto header = wire::peek_header(client_in_.data());
      if (header && header->type == ft::copy_data && !discarding_ && (!copy_.expected() || copy_.begun())) {
        begin_client_stream(*header);
        continue;
      }
      blocked_ = false;
      break;
    }
    // It may turn out meanwhile that this message needs no marks; but they will be made.
    blocked_ = premark_.pending && !premark_.unwanted;
    if (blocked_) break;
    planner_.notice_definitions();
    blocked_ = handle(f) == step::blocked;
    ask_what_is_needed();
    if (blocked_) break;
    client_in_.consume(f.raw.size());
  }
  if (client_eof_ && !blocked_ && !terminated_ && !closed_) {
    // What follows an incomplete message never came.
    terminated_ = true;
    std::string bytes;
    wire::encode(wire::terminate{}, bytes);
    server_.forward(bytes);
  }
  if (terminated_) client_in_.consume(client_in_.size());
}

session::step session::handle(const wire::frame_view& f) {
  if (!ready_once_ && f.type != ft::password && f.type != ft::terminate) return step::blocked;
  if (fail_frame_) {
    fail_frame_ = false;
    hold_ = {};
    drop_premark();
    script_.reset();
    if (f.type == ft::query) {
      server_.sync({.to = audience::script});
      return step::consumed;
    }
    discarding_ = true;
    if (parses_unnamed(f)) {
      close_in_script('S', "");
      prepared_.erase("", prepared_.now());
    }
  }
  if (discarding_ && !script_ && f.type != ft::sync && f.type != ft::terminate) {
    if (std::exchange(own_failed_, false) && parses_unnamed(f)) {
      stray_ = true;
      prepared_.erase("", prepared_.now());
    }
    drop_premark();
    return step::consumed;
  }
  step copied;
  if (handle_copy_in(f, copied)) return copied;
  switch (f.type) {
    case ft::query:
      return handle_query(f);
    case ft::parse:
      return handle_parse(f);
    case ft::bind:
      return handle_bind(f);
    case ft::describe:
      return handle_describe(f);
    case ft::execute:
      return handle_execute(f);
    case ft::close:
      return handle_close(f);
    case ft::sync:
      return handle_sync(f);
    case ft::function_call:
      return handle_function_call(f);
    case ft::terminate:
      terminated_ = true;
      [[fallthrough]];
    default:
      server_.forward(f.raw);
      return step::consumed;
  }
}

// False: answers to what was sent are still to come, and have been asked for. Until then nobody knows whether
// the transaction has failed, and nothing may be asked in it.
bool session::all_answered() {
  if (server_.settled()) return true;
  if (sent_.batch_open) server_.flush();
  return false;
}

// What kept the planner from planning.
void session::ask_what_is_needed() {
  const auto need = planner_.take_need();
  if (std::holds_alternative<planner_need::answers>(need)) {
    static_cast<void>(all_answered());
  } else if (const auto* n = std::get_if<planner_need::name>(&need)) {
    const std::array<std::optional<std::string_view>, 2> parameters{
        n->ref.name, n->ref.schema ? std::optional<std::string_view>{*n->ref.schema} : std::nullopt};
    server_.ask(own_query::names, parameters, audience::nobody, planner_.names_generation());
    end_own_exchange();
  } else if (const auto* p = std::get_if<planner_need::prepare_again>(&need)) {
    prepare_again(p->name, p->statement);
  }
}

void session::end_own_exchange() {
  if (sent_.batch_open)
    server_.flush();
  else
    server_.sync({.to = audience::nobody});
}

void session::open_batch() {
  sent_.unsynced = true;
  if (sent_.batch_open) return;
  sent_.batch_open = true;
  sent_.block_unseen = false;
  sent_.unsure = server_.ready_owed() > 0;
}

void session::note_sent(const plan& p) {
  if (p.mode != capture_mode::harmless) sent_.dirty = true;
  if (p.mode == capture_mode::unproven || p.also_unproven || p.watched) sent_.unproven = true;
  if (p.changes_names && !planted(planted_bug::names_asked_once)) {
    planner_.doubt_names();
    server_.forget_own_statements();
  }
  if (p.changes_lexing) lexing_.note_sent();
  planner_.note_sent(p);
  switch (p.kind) {
    case sql::statement_kind::other:
      sent_.block_unseen |= p.mode == capture_mode::unproven;
      break;
    case sql::statement_kind::begin:
      sent_.in_block = true;
      break;
    case sql::statement_kind::commit:
    case sql::statement_kind::rollback:
    case sql::statement_kind::prepare_transaction:
      end_sent_transaction(p.and_chain);
      break;
    case sql::statement_kind::rollback_to:
      lexing_.note_rolled_back_to();
      break;
    default:
      break;
  }
}

void session::note_prepared(const plan& p, outstanding& answer) {
  if (!p.prepares) return;
  answer.name = p.name;
  answer.prepares = p.prepares;
  answer.previous = prepared_.store(p.name, p.prepares);
}

void session::end_sent_transaction(bool in_block) {
  sent_.in_block = in_block;
  sent_.dirty = sent_.unproven = false;
  lexing_.note_transaction_end();
  planner_.note_end_sent();
}

void session::adopt_answered_state() {
  sent_.unsynced = sent_.batch_open;
  sent_.in_block = transaction_.in_block();
  sent_.dirty = transaction_.dirty();
  sent_.unproven = transaction_.unproven();
  sent_.unsure = false;
  if (!sent_.in_block && !sent_.batch_open) planner_.note_no_block();
  if (!sent_.batch_open) lexing_.note_settled();  // reports come with ReadyForQuery
}

void session::send_error(std::string_view sqlstate, const std::string& message, const std::string& hint) {
  std::string bytes;
  wire::encode_error(
      wire::error_report{
          .severity = "ERROR", .sqlstate = std::string(sqlstate), .message = message, .hint = hint},
      bytes);
  client_out_.append(bytes);
}

}  // namespace pgtandem::proxy
