// What legacy answers, matched with what was asked.
#include <algorithm>

#include "proxy/session/legs/answer_text.h"
#include "proxy/session/session.h"

#include "protocol/wire/backend/backend_key_data.h"
#include "protocol/wire/backend/command_complete.h"
#include "protocol/wire/backend/data_row.h"
#include "protocol/wire/backend/no_data.h"
#include "protocol/wire/backend/parameter_status.h"
#include "protocol/wire/backend/portal_suspended.h"
#include "protocol/wire/backend/ready_for_query.h"
#include "protocol/wire/backend/row_description.h"

namespace pgtandem::proxy {

namespace bt = wire::backend_type;

namespace {

bool imaged(const outstanding& o) {
  return o.statement && o.statement->mode == capture_mode::image;
}
bool own(const outstanding& o) {
  return o.own != own_query::none;
}

}  // namespace

void session::on_server_bytes() {
  process_server();
  pump();
}

void session::process_server() {
  if (env_.raw) {
    client_out_.append(server_.in.data());
    server_.in.consume(server_.in.size());
    return;
  }
  while (!broken_) {
    if (server_stream_ > 0 && !stream_server()) return;
    std::string_view rest = server_.in.data();
    wire::frame_view f;
    const auto status = wire::next_frame(rest, f);
    if (status == wire::frame_status::malformed) return break_off();
    if (status == wire::frame_status::incomplete) {
      // Large rows that nobody has to look into pass as they come.
      const auto header = wire::peek_header(server_.in.data());
      const outstanding* front = server_.front();
      const bool ours = front != nullptr && (imaged(*front) || own(*front) || front->strips);
      if (!header || ours || (header->type != bt::data_row && header->type != bt::copy_data)) return;
      tell_description();
      server_stream_ = header->message_size();
      continue;
    }
    on_server_frame(f);
    server_.in.consume(f.raw.size());
  }
}

// Legacy does not keep to the protocol: nothing that follows could be matched with anything.
void session::break_off() {
  broken_ = true;
  send_error("08P01", "legacy sent a message that is not of the protocol", "");
}

bool session::stream_server() {
  const std::string_view rest = server_.in.data();
  const std::size_t n = std::min(server_stream_, rest.size());
  client_out_.append(rest.substr(0, n));
  server_.in.consume(n);
  server_stream_ -= n;
  return server_stream_ == 0;
}

void session::on_server_frame(const wire::frame_view& f) {
  outstanding* front = server_.front();
  switch (f.type) {
    case bt::notice_response:
      if (front == nullptr || front->to != audience::silent) pass(f);
      return;
    case bt::parameter_status:
      note_parameter(f);
      [[fallthrough]];
    case bt::notification_response:
      // While a commit is held neither is sent: it has taken place, and its tag would have come before.
      tell_withheld();
      pass(f);
      return;
    case bt::backend_key_data:
      if (const auto key = wire::decode_backend_key_data(f.body)) {
        backend_pid_ = key->pid;
        cancel_key_ = std::string(key->key);
      }
      pass(f);
      return;
    case bt::error_response:
      on_error(f);
      return;
    case bt::ready_for_query:
      on_ready(f);
      return;
    default:
      break;
  }
  if (front == nullptr)
    pass(f);
  else
    answer_to(*front, f);
}

void session::answer_to(outstanding& o, const wire::frame_view& f) {
  const bool heard = o.to == audience::client;
  if (!own(o)) planner_.note_answer(f.type);
  switch (o.what) {
    case request::parse:
      if (own(o)) server_.on_own_parsed(o.own);
      [[fallthrough]];
    case request::bind:
      if (heard) pass(f);
      server_.pop();
      break;
    case request::close:
      if (heard) {
        pass(f);
        if (o.statement) prepared_.erase(o.name, o.sent_at);
        if (o.closes_portal) prepared_.erase_portal(o.name, o.sent_at);
      }
      server_.pop();
      break;
    case request::describe:
      answer_to_describe(o, f);
      break;
    case request::execute:
      answer_to_execute(o, f);
      break;
    case request::query:
    case request::function_call:
      if (f.type == bt::command_complete || f.type == bt::empty_query_response ||
          f.type == bt::function_call_response)
        on_query_complete(o, f);
      pass_query_answer(o, f);
      return;
    case request::sync:
      pass(f);
      return;
  }
  answer_from_portals();
}

// A text that was passed on as it is may EXECUTE a statement that was rewritten when it was prepared. What it
// wrote is marked; its images are nobody's.
void session::pass_query_answer(outstanding& o, const wire::frame_view& f) {
  std::string bytes;
  if (f.type == bt::row_description && ends_in_our_column(f)) {
    o.strips = true;
    const auto columns = wire::column_count(f.body);
    if (columns && *columns > 1 && wire::row_description_drop_last(f.body, bytes)) client_out_.append(bytes);
  } else if (f.type == bt::data_row && o.strips) {
    const auto columns = wire::column_count(f.body);
    if (columns && *columns > 1 && wire::data_row_drop_last(f.body, bytes)) client_out_.append(bytes);
  } else {
    o.strips &= f.type != bt::command_complete;
    pass(f);
  }
}

void session::answer_to_describe(outstanding& o, const wire::frame_view& f) {
  const bool heard = o.to == audience::client;
  if (f.type == bt::parameter_description) {
    if (heard) pass(f);
    return;
  }
  if (f.type == bt::no_data) {
    if (heard) pass(f);
  } else if (!imaged(o) || o.statement->has_returning) {
    std::string shorter;
    if (imaged(o)) (void)wire::row_description_drop_last(f.body, shorter);
    const std::string_view rows = imaged(o) ? std::string_view(shorter) : f.raw;
    // In a Query legacy describes the rows of what runs to its end once it has: not where it fails.
    if (o.to == audience::script && !o.statement->streams)
      described_ = rows;
    else
      client_out_.append(rows);
  } else if (heard) {
    std::string bytes;
    wire::encode(wire::no_data{}, bytes);
    client_out_.append(bytes);
  }
  server_.pop();
}

void session::answer_to_execute(outstanding& o, const wire::frame_view& f) {
  if (own(o) && f.type != bt::data_row && f.type != bt::command_complete) return break_off();
  if (!own(o)) tell_description();
  switch (f.type) {
    case bt::data_row:
      if (own(o))
        on_own_row(o, f);
      else if (imaged(o))
        imaged_row(o, f);
      else
        pass(f);
      return;
    case bt::copy_in_response:
      copy_.begin(f.body);
      [[fallthrough]];
    case bt::copy_out_response:
    case bt::copy_both_response:
    case bt::copy_data:
    case bt::copy_done:
      pass(f);
      return;
    case bt::command_complete:
      on_execute_complete(f);
      return;
    case bt::portal_suspended:
      // What has run so far may have written.
      if (o.statement->mode == capture_mode::unproven) transaction_.add_unproven();
      // Parts in WITH have run to their end when the first row comes.
      if (!o.statement->noted_rows.empty()) transaction_.on_complete(*o.statement, {});
      [[fallthrough]];
    default:  // EmptyQueryResponse
      copy_.end(o.copy);
      pass(f);
      server_.pop();
      return;
  }
}

void session::imaged_row(outstanding& o, const wire::frame_view& f) {
  std::optional<wire::dropped_column> last;
  if (!o.statement->has_returning) {
    last = wire::data_row_last(f.body);
  } else {
    std::string row;
    last = wire::data_row_drop_last(f.body, row);
    if (o.max_rows > 0 && o.rows_given >= o.max_rows && o.portal) {
      o.portal->rows.push_back(std::move(row));
    } else {
      ++o.rows_given;
      client_out_.append(row);
    }
  }
  const auto image = last && !last->is_null ? std::optional(last->value) : std::nullopt;
  if (!last || !transaction_.add_image(image, o.statement->kind, planner_.catalog()))
    transaction_.add_unproven();
  stage_due_chunk();
}

void session::on_execute_complete(const wire::frame_view& f) {
  outstanding o = server_.pop();
  const auto m = wire::decode_command_complete(f.body);
  const std::string_view tag = m ? m->tag : std::string_view{};
  if (own(o)) {
    if (o.own == own_query::names) planner_.note_name_answered(o.rows_given > 0, o.names_generation);
    if (o.own == own_query::old_keys) transaction_.begin_key_change();
    if (o.own == own_query::copied_rows) transaction_.end_read_back(static_cast<std::uint64_t>(o.rows_given));
    if (o.own == own_query::noted_rows) transaction_.end_notes();
    if (o.own == own_query::rollback)
      transaction_.on_complete({.mode = capture_mode::harmless, .kind = sql::statement_kind::rollback}, tag);
    return;
  }
  copy_.end(o.copy);
  apply_complete(*o.statement, tag, o.sent_at);
  decide(o.commit_of, tag == "COMMIT");
  end_marks(o);
  if (o.withhold) {
    withheld_.assign(f.raw);
  } else if (imaged(o) && o.portal && o.statement->has_returning && o.max_rows > 0 &&
             o.rows_given == o.max_rows) {
    // The client's limit was reached: legacy alone would have stopped here.
    o.portal->complete.assign(f.raw);
    std::string bytes;
    wire::encode(wire::portal_suspended{}, bytes);
    client_out_.append(bytes);
  } else {
    if (imaged(o) && o.portal) o.portal->complete.assign(f.raw);
    pass(f);
  }
  answer_from_portals();
}

void session::apply_complete(const plan& p, std::string_view tag, std::uint64_t sent_at) {
  using sql::statement_kind;
  transaction_.on_complete(p, tag);
  if (p.ends_transaction()) prepared_.erase_portals(sent_at);
  planner_.note_run(p);
  if (p.kind == statement_kind::prepare || p.kind == statement_kind::deallocate) {
    if (p.kind == statement_kind::deallocate && p.name.empty())
      prepared_.erase_all(sent_at);
    else
      prepared_.erase(p.name, sent_at);
  } else if (p.kind == statement_kind::discard && tag == "DISCARD ALL") {
    prepared_.erase_all(sent_at);
  }
}

void session::on_query_complete(outstanding& o, const wire::frame_view& f) {
  if (!o.statements) return;
  const auto m = f.type == bt::command_complete ? wire::decode_command_complete(f.body) : std::nullopt;
  const std::string_view tag = m ? m->tag : std::string_view{};
  if (o.completed >= o.statements->size()) {
    transaction_.add_unproven();
    if (tag == "DEALLOCATE ALL" || tag == "DISCARD ALL") prepared_.erase_all(o.sent_at);
    if (tag == "DEALLOCATE") prepared_.doubt_all(o.sent_at);
    return;
  }
  const plan& p = (*o.statements)[o.completed++];
  apply_complete(p, tag, o.sent_at);
  if (p.kind == sql::statement_kind::commit) decide(o.commit_of, tag == "COMMIT");
}

// Gives rows that wait in portals, once it is their turn.
void session::answer_from_portals() {
  while (server_.front() != nullptr && server_.front()->from_portal) {
    outstanding o = server_.pop();
    std::int32_t given = 0;
    while (!o.portal->rows.empty() && (o.max_rows <= 0 || given < o.max_rows)) {
      client_out_.append(o.portal->rows.front());
      o.portal->rows.pop_front();
      ++given;
    }
    if (o.max_rows > 0 && given == o.max_rows) {
      std::string bytes;
      wire::encode(wire::portal_suspended{}, bytes);
      client_out_.append(bytes);
    } else {
      client_out_.append(tag_of_rows(o.portal->complete, given));
    }
  }
}

void session::decide(std::optional<seq_t>& commit_of, bool committed) {
  if (!commit_of) return;
  actions_.push_back(decide_action{*commit_of, committed});
  commit_of.reset();
}

void session::tell_withheld() {
  client_out_.append(withheld_);
  withheld_.clear();
}

void session::tell_description() {
  client_out_.append(described_);
  described_.clear();
}

void session::on_ready(const wire::frame_view& f) {
  const auto m = wire::decode_ready_for_query(f.body);
  ready_once_ = true;
  if (m) transaction_.on_ready(m->status);
  if (m && m->status == 'I' && server_.ready_owed() <= 1 && !sent_.batch_open) planner_.note_ended();
  // What is still owed from before this Sync was skipped by legacy.
  while (server_.front() != nullptr && !answers_ready(server_.front()->what))
    on_skipped(server_.pop(), false);
  if (server_.front() == nullptr) {
    pass(f);
    return;
  }
  outstanding o = server_.pop();
  // In a block that nobody saw begin nothing is committed yet.
  decide(o.commit_of, !o.failed && m && m->status == 'I');
  if (m && m->status == 'I') prepared_.erase_portals(o.sent_at);
  if (o.drops_unnamed_portal && !o.failed) prepared_.erase_portal("", o.sent_at);
  if (o.failed) withheld_.clear();
  tell_withheld();
  if (!o.failed) client_out_.append(o.answered_before_ready);
  end_marks(o);
  if (!ending_marks_.marks.empty() && m && m->status == 'I')
    actions_.push_back(std::exchange(ending_marks_, {}));
  if (m && m->status == 'I') tell_altered();
  if (o.to == audience::client || o.to == audience::script) pass(f);
  answer_from_portals();
}

void session::note_parameter(const wire::frame_view& f) {
  const auto m = wire::decode_parameter_status(f.body);
  if (m) lexing_.note_parameter(m->name, m->value);
}

}  // namespace pgtandem::proxy
