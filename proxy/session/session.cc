#include "proxy/session/session.h"
#include "proxy/session/characters.h"

#include <algorithm>
#include <array>

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
    : env_(std::move(environment)), catalog_(env_.catalog()), transaction_(env_.max_transaction_bytes) {}

void session::on_client_bytes() {
  pump();
}

void session::on_client_eof() {
  client_eof_ = true;
  pump();
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
      const std::size_t n = std::min(client_stream_, rest.size());
      server_.forward(rest.substr(0, n));
      client_in_.consume(n);
      client_stream_ -= n;
      if (client_stream_ > 0) break;
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
      if (header && header->type == ft::copy_data && !discarding_ && copy_wait_ == 0) {
        client_stream_ = header->message_size();
        continue;
      }
      blocked_ = false;
      break;
    }
    blocked_ = handle(f) == step::blocked;
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

bool session::handle_copy_in(const wire::frame_view& f, step& result) {
  if (copy_wait_ == 0) return false;
  result = step::consumed;
  const bool data = f.type == ft::copy_data || f.type == ft::copy_done || f.type == ft::copy_fail;
  if (!data && f.type != ft::flush && f.type != ft::sync) {
    if (f.type == ft::terminate) return false;
    server_.flush();
    result = step::blocked;
    return true;
  }
  if (!copy_in_ && (f.type == ft::sync || data)) {
    // Whether legacy swallows this Sync depends on whether it has entered copy-in.
    server_.flush();
    result = step::blocked;
    return true;
  }
  // In copy-in legacy ignores Flush and Sync.
  server_.forward(f.raw);
  if (f.type == ft::copy_done || f.type == ft::copy_fail) {
    copy_wait_ = 0;
    copy_in_ = false;
  }
  return true;
}

std::shared_ptr<const sql::parsed_text> session::understand(std::string_view text) {
  if (!parsable_encoding_) return nullptr;
  // Perhaps a statement that is still on its way has changed what the text means.
  if (sent_.lexing_unsure && depends_on_settings(text)) return nullptr;
  if (!standard_conforming_strings_ && has_backslash(text)) return understand_anew(text);
  return env_.statements->get(text);
}

std::shared_ptr<const sql::parsed_text> session::understand_anew(std::string_view text) const {
  return std::make_shared<const sql::parsed_text>(
      standard_conforming_strings_ ? sql::parse(text) : sql::parse_with_backslashes(text));
}

plan_ptr session::plan_for(const sql::statement& s, std::string_view statement_text) {
  if (s.prepared) return plan_for_prepare(s, statement_text);
  if (s.kind == sql::statement_kind::execute) return plan_for_execute(s, statement_text);
  // In a failed transaction nothing can be asked, and nothing but its end will run.
  if (!s.dml || (server_.settled() && transaction_.failed()))
    return std::make_shared<plan>(plan_statement(s));
  const resolved_name* target = resolve(s.dml->target);
  if (target == nullptr) return nullptr;
  catalog_ = env_.catalog();
  auto p = std::make_shared<plan>(plan_dml(s, statement_text, *target, *catalog_));
  p->names_generation = names_.generation();
  return p;
}

// SQL's PREPARE runs nothing, but what it prepares is rewritten like a statement that is parsed by protocol.
plan_ptr session::plan_for_prepare(const sql::statement& s, std::string_view statement_text) {
  auto p = std::make_shared<plan>(plan_statement(s));
  if (!s.prepared->dml || (server_.settled() && transaction_.failed())) {
    p->prepares = std::make_shared<plan>(plan_statement(*s.prepared));
    return p;
  }
  const resolved_name* target = resolve(s.prepared->dml->target);
  if (target == nullptr) return nullptr;
  catalog_ = env_.catalog();
  auto inner = std::make_shared<plan>(plan_dml(*s.prepared, statement_text, *target, *catalog_));
  inner->names_generation = names_.generation();
  p->rewritten = std::exchange(inner->rewritten, {});
  p->prepares = std::move(inner);
  return p;
}

// SQL's EXECUTE does what was prepared. Where that was rewritten its images come back here, too.
plan_ptr session::plan_for_execute(const sql::statement& s, std::string_view statement_text) {
  if (!server_.settled()) {  // a PREPARE or Parse under way may still fail, and the name keep its meaning
    server_.flush();
    return nullptr;
  }
  plan_ptr prepared = prepared_.find(s.name);
  if (prepared) prepared = plan_as_of_now(prepared);
  if (!prepared && prepared_.find(s.name)) return nullptr;
  if (!prepared || prepared->mode == capture_mode::unproven) return std::make_shared<plan>(plan_statement(s));
  auto p = std::make_shared<plan>(*prepared);
  p->rewritten = statement_text;  // it stands for the rewritten one
  return p;
}

// Legacy looks the names of a prepared statement up again whenever search_path has changed: it may now write
// what it was not planned for. Null: answers are awaited.
plan_ptr session::plan_as_of_now(const plan_ptr& p) {
  if (!p->target || p->mode == capture_mode::unproven || p->names_generation == names_.generation()) return p;
  if (!may_ask()) return nullptr;
  if (transaction_.failed()) return p;
  const resolved_name* target = resolve(*p->target);
  if (target == nullptr) return nullptr;
  if (target->oid == p->target_oid) return p;
  auto moved = std::make_shared<plan>(*p);
  if (moved->mode == capture_mode::image)
    moved->also_unproven = true;
  else
    moved->mode = capture_mode::unproven;
  return moved;
}

plan_ptr session::as_sent_now(plan_ptr p) const {
  if (!p || p->kind != sql::statement_kind::fetch || !cursors_.contains(p->name)) return p;
  auto proven = std::make_shared<plan>(*p);
  proven->mode = capture_mode::harmless;
  proven->changes_names = proven->changes_lexing = false;
  return proven;
}

// In a failed transaction nothing may be asked, so what may still fail is awaited.
bool session::may_ask() {
  if (server_.settled()) return true;
  if (sent_.batch_open) server_.flush();
  return false;
}

const resolved_name* session::resolve(const sql::relation_ref& ref) {
  const resolved_name* name = names_.find(ref);
  if (name == nullptr && !names_asked_) ask_names(ref);
  return name;
}

void session::ask_names(const sql::relation_ref& ref) {
  const std::array<std::optional<std::string_view>, 2> parameters{
      ref.name, ref.schema ? std::optional<std::string_view>{*ref.schema} : std::nullopt};
  names_asked_ = ref;
  server_.ask(own_query::names, parameters, audience::nobody, names_.generation());
  end_own_exchange();
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
  sent_.unsure = server_.ready_owed() > 0;
}

void session::note_sent(const plan& p) {
  if (p.mode != capture_mode::harmless) sent_.dirty = true;
  if (p.mode == capture_mode::unproven || p.also_unproven) sent_.unproven = true;
  if (p.changes_names) {
    names_.clear();
    server_.forget_own_statements();
    sent_.names_changed = true;
  }
  if (p.changes_lexing) sent_.lexing_unsure = sent_.lexing_changed = true;
  cursors_.note_sent(p);
  switch (p.kind) {
    case sql::statement_kind::begin:
      sent_.in_block = true;
      break;
    case sql::statement_kind::commit:
    case sql::statement_kind::rollback:
    case sql::statement_kind::prepare_transaction:
      end_sent_transaction(p.and_chain);
      break;
    case sql::statement_kind::rollback_to:
      if (sent_.names_changed) names_.clear();
      sent_.lexing_unsure |= sent_.lexing_changed;
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
  if (sent_.names_changed) names_.clear();  // SET LOCAL ends here, and ROLLBACK takes SET back
  sent_.names_changed = false;
  sent_.lexing_unsure |= std::exchange(sent_.lexing_changed, false);
  prepared_.clear_portals();
  cursors_.forget_all();
}

void session::adopt_answered_state() {
  sent_.unsynced = sent_.batch_open;
  sent_.in_block = transaction_.in_block();
  sent_.dirty = transaction_.dirty();
  sent_.unproven = transaction_.unproven();
  sent_.unsure = false;
  if (!sent_.in_block && !sent_.batch_open) cursors_.forget_all();
  if (!sent_.batch_open) sent_.lexing_unsure = false;  // reports come with ReadyForQuery
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
