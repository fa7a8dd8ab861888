#include "tests/session_model/backend.h"

#include "protocol/wire/backend/authentication.h"
#include "protocol/wire/backend/backend_key_data.h"
#include "protocol/wire/backend/bind_complete.h"
#include "protocol/wire/backend/close_complete.h"
#include "protocol/wire/backend/command_complete.h"
#include "protocol/wire/backend/copy_response.h"
#include "protocol/wire/backend/empty_query_response.h"
#include "protocol/wire/backend/error_response.h"
#include "protocol/wire/backend/function_call_response.h"
#include "protocol/wire/backend/no_data.h"
#include "protocol/wire/backend/parameter_description.h"
#include "protocol/wire/backend/parameter_status.h"
#include "protocol/wire/backend/parse_complete.h"
#include "protocol/wire/backend/portal_suspended.h"
#include "protocol/wire/backend/ready_for_query.h"
#include "protocol/wire/backend/row_description.h"
#include "protocol/wire/copy_done.h"
#include "protocol/wire/frame.h"
#include "protocol/wire/frontend/bind.h"
#include "protocol/wire/frontend/close.h"
#include "protocol/wire/frontend/copy_fail.h"
#include "protocol/wire/frontend/describe.h"
#include "protocol/wire/frontend/execute.h"
#include "protocol/wire/frontend/function_call.h"
#include "protocol/wire/frontend/parse.h"
#include "protocol/wire/frontend/query.h"

namespace pgtandem::model {

backend::backend() {
  wire::encode(wire::authentication{}, pending_);
  wire::encode(wire::parameter_status{"client_encoding", "UTF8"}, pending_);
  wire::encode(wire::parameter_status{"standard_conforming_strings", "on"}, pending_);
  wire::encode(wire::backend_key_data{4242, "key!"}, pending_);
  ready();
}

void backend::receive(std::string_view bytes) {
  buffer_ += bytes;
  std::string_view rest = buffer_;
  wire::frame_view f;
  while (wire::next_frame(rest, f) == wire::frame_status::complete) {
    try {
      message(f.type, f.body);
    } catch (const sql_error& e) {
      fail(f.type, e);
    }
  }
  buffer_ = std::string(rest);
}

void backend::message(char type, std::string_view body) {
  if (copy_in_) return on_copy(type, body);
  if (skipping_ && type != 'S' && type != 'X') return;
  switch (type) {
    case 'P':
      return on_parse(body);
    case 'B':
      return on_bind(body);
    case 'D':
      return on_describe(body);
    case 'E':
      return on_execute(body);
    case 'C':
      return on_close(body);
    case 'H':
      return flush();
    case 'S':
      skipping_ = false;
      finish_implicit();
      return ready();
    case 'Q':
      return on_query(body);
    case 'F':
      return on_function_call(body);
    default:  // late CopyData, CopyDone and CopyFail are ignored
      return;
  }
}

void backend::on_parse(std::string_view body) {
  const auto m = wire::decode_parse(body);
  if (!m) throw sql_error{"08P01", "invalid message format"};
  const std::string name(m->statement);
  if (name.empty()) statements_.erase(name);
  auto pieces = split_statements(m->query);
  // Our own expression may have semicolons for all that the model knows.
  if (m->query.find("pgtandem") != std::string_view::npos) pieces = {{0, m->query}};
  if (pieces.size() > 1)
    throw sql_error{"42601", "cannot insert multiple commands into a prepared statement"};
  prepared p;
  if (!pieces.empty()) {
    const auto s = parse_statement(pieces[0].text);
    if (!s) throw sql_error{"42601", "syntax error", pieces[0].offset + 1};
    p.what = *s;
    p.what.table_at += pieces[0].offset;
    p.what.inner_at += pieces[0].offset;
    if (block_ == block::failed && !s->ends_failed_block())
      throw sql_error{"25P02", "current transaction is aborted"};
    p.columns = analyze(p.what);
  }
  if (!name.empty() && statements_.contains(name)) throw sql_error{"42P05", "prepared statement exists"};
  p.parsed_in = transaction_;
  statements_[name] = std::move(p);
  ++parses_;
  wire::encode(wire::parse_complete{}, pending_);
}

void backend::on_bind(std::string_view body) {
  const auto m = wire::decode_bind(body);
  if (!m) throw sql_error{"08P01", "invalid message format"};
  const auto it = statements_.find(std::string(m->statement));
  if (it == statements_.end()) throw sql_error{"26000", "prepared statement does not exist"};
  const statement& s = it->second.what;
  if (s.what != verb::own_names && m->parameters.size() != s.parameters())
    throw sql_error{"08P01", "bind message supplies a wrong number of parameters"};
  if (block_ == block::failed && (!s.ends_failed_block() || s.parameters() > 0))
    throw sql_error{"25P02", "current transaction is aborted"};
  const std::string name(m->portal);
  if (!name.empty() && portals_.contains(name)) throw sql_error{"42P03", "portal already exists"};
  portals_.erase(name);
  // Names mean what they mean now.
  if (!s.table.empty()) require_table(s);
  if (s.what == verb::fail_planning) throw sql_error{"22012", "division by zero"};
  portal p;
  p.what = s;
  p.parsed_in = it->second.parsed_in;
  p.columns = it->second.columns;
  for (const auto& value : m->parameters)
    p.parameters.push_back(value ? std::optional(std::string(*value)) : std::nullopt);
  const std::size_t formats = m->result_formats.size();
  if (formats > 1 && !p.columns.empty() && formats != p.columns.size())
    throw sql_error{"08P01",
                    "bind message has " + std::to_string(formats) + " result formats but query has " +
                        std::to_string(p.columns.size()) + " columns",
                    0, "PortalSetResultFormat"};
  portals_[name] = std::move(p);
  ++parses_;
  wire::encode(wire::bind_complete{}, pending_);
}

void backend::on_describe(std::string_view body) {
  const auto m = wire::decode_describe(body);
  if (!m) throw sql_error{"08P01", "invalid message format"};
  const std::string name(m->name);
  const std::vector<std::string>* columns = nullptr;
  const statement* what = nullptr;
  std::size_t parameters = 0;
  if (m->target == 'S') {
    const auto it = statements_.find(name);
    if (it == statements_.end()) throw sql_error{"26000", "prepared statement does not exist"};
    columns = &it->second.columns;
    what = &it->second.what;
    parameters = it->second.what.parameters();
  } else {
    const auto it = portals_.find(name);
    refuse_leftover(it == portals_.end() ? nullptr : &it->second, name);
    if (it == portals_.end()) throw sql_error{"34000", "portal does not exist"};
    columns = &it->second.columns;
    what = &it->second.what;
  }
  // One that returns no rows PostgreSQL would still describe; the session's rewritten one does, and so does
  // an EXECUTE of one.
  const bool may_return = !columns->empty() || !what->table.empty() || what->what == verb::execute;
  if (block_ == block::failed && may_return) throw sql_error{"25P02", "current transaction is aborted"};
  if (m->target == 'S')
    wire::encode(wire::parameter_description{std::vector<std::uint32_t>(parameters, 25)}, pending_);
  if (columns->empty())
    wire::encode(wire::no_data{}, pending_);
  else
    emit_description(*columns);
}

void backend::on_execute(std::string_view body) {
  const auto m = wire::decode_execute(body);
  if (!m) throw sql_error{"08P01", "invalid message format"};
  const auto it = portals_.find(std::string(m->portal));
  refuse_leftover(it == portals_.end() ? nullptr : &it->second, m->portal);
  if (it == portals_.end()) throw sql_error{"34000", "portal does not exist"};
  portal& p = it->second;
  if (p.what.what == verb::empty) {
    wire::encode(wire::empty_query_response{}, pending_);
    return;
  }
  if (block_ == block::failed && !p.what.ends_failed_block())
    throw sql_error{"25P02", "current transaction is aborted"};
  if (p.done) throw sql_error{"55000", "portal \"" + it->first + "\" cannot be run"};
  const bool control = p.what.controls_transaction();
  if (!p.started) {
    const statement what = p.what;
    own_parses_ = p.parsed_in == transaction_ ? 2 : 1;
    p.started = true;
    p.done = p.columns.empty();
    rows_out rows;
    // Running it may end the transaction, and the portal with it.
    const std::string tag = run(what, p.parameters, rows);
    if (!control) executed_ = true;
    if (copy_in_) return;
    const auto still = portals_.find(std::string(m->portal));
    if (what.what == verb::call || still == portals_.end() || still->second.done) {
      if (what.what == verb::copy_to) {
        for (const std::string& row : rows) pending_ += row;
      }
      emit_complete(tag);
      if (what.what == verb::vacuum || what.what == verb::discard_all || what.what == verb::commit_prepared ||
          what.what == verb::rollback_prepared)
        commit();
      return;
    }
    still->second.rows = std::move(rows);
    still->second.tag_word = tag;
    return fetch(still->second, m->max_rows);
  }
  fetch(p, m->max_rows);
}

// A Query that fails may leave its portal behind in the failed block. The model does not know which ones do.
void backend::refuse_leftover(const portal* p, std::string_view name) const {
  if (block_ == block::failed && name.empty() && (p == nullptr || p->done || !p->what.ends_failed_block()))
    throw sql_error{"25P02", "current transaction is aborted"};
}

void backend::fetch(portal& p, std::int32_t limit) {
  std::int32_t given = 0;
  while (!p.rows.empty() && (limit <= 0 || given < limit)) {
    pending_ += p.rows.front();
    p.rows.pop_front();
    ++given;
  }
  if (limit > 0 && given == limit)
    wire::encode(wire::portal_suspended{}, pending_);
  else
    emit_complete(p.tag_word + std::to_string(given));
}

void backend::on_close(std::string_view body) {
  const auto m = wire::decode_close(body);
  if (!m) throw sql_error{"08P01", "invalid message format"};
  if (m->target == 'S')
    statements_.erase(std::string(m->name));
  else
    portals_.erase(std::string(m->name));
  wire::encode(wire::close_complete{}, pending_);
}

void backend::on_function_call(std::string_view body) {
  if (block_ == block::failed) throw sql_error{"25P02", "current transaction is aborted"};
  const auto m = wire::decode_function_call(body);
  if (!m || m->function_oid != 1) throw sql_error{"42883", "function does not exist"};
  db_.lock(table_t);
  if (db_.table(table_t).contains(1)) db_.update(table_t, 1, "by function call", false);
  finish_implicit();
  wire::encode(wire::function_call_response{"1"}, pending_);
  ready();
}

void backend::on_query(std::string_view body) {
  const auto m = wire::decode_query(body);
  if (!m) throw sql_error{"08P01", "invalid message format"};
  statements_.erase("");
  query_text_ = m->text;
  const auto pieces = split_statements(query_text_);
  for (const piece& one : pieces)
    if (!parse_statement(one.text)) throw sql_error{"42601", "syntax error", one.offset + 1};
  if (pieces.empty()) {
    finish_implicit();
    wire::encode(wire::empty_query_response{}, pending_);
    return ready();
  }
  query_.assign(pieces.begin(), pieces.end());
  query_several_ = pieces.size() > 1;
  own_parses_ = 0;
  querying_ = true;
  continue_query();
}

void backend::continue_query() {
  while (!query_.empty()) {
    const piece one = query_.front();
    query_.pop_front();
    statement s = *parse_statement(one.text);
    s.table_at += one.offset;
    s.inner_at += one.offset;
    if (block_ == block::failed && !s.ends_failed_block())
      throw sql_error{"25P02", "current transaction is aborted"};
    several_ = query_several_;
    const auto columns = analyze(s);
    if (s.what == verb::fail_planning) throw sql_error{"22012", "division by zero"};
    rows_out rows;
    // What is no plain query is described once it has run to its end.
    const bool described = !columns.empty();
    if (described && s.streams_rows()) emit_description(columns);
    portals_.erase("");
    const std::string tag = run(s, {}, rows);
    if (described && !s.streams_rows()) emit_description(columns);
    if (copy_in_) {
      return;
    }
    for (const std::string& row : rows) pending_ += row;
    if (query_.empty()) {
      several_ = false;
      finish_implicit();
    }
    emit_complete(columns.empty() ? tag : tag + std::to_string(rows.size()));
  }
  several_ = false;
  ready();
}

void backend::on_copy(char type, std::string_view body) {
  if (type == 'H' || type == 'S') return;
  if (type == 'f') throw sql_error{"57014", "COPY from stdin failed"};
  if (type == 'd') {
    const auto tab = body.find('\t');
    const int id = tab == std::string_view::npos ? 0 : std::atoi(std::string(body.substr(0, tab)).c_str());
    if (id == 0) throw sql_error{"22P02", "invalid input syntax for type integer"};
    std::string value(body.substr(tab + 1));
    if (!value.empty() && value.back() == '\n') value.pop_back();
    db_.insert(*db_.resolve(copied_.schema, copied_.table), id, value, false);
    ++copied_rows_;
    return;
  }
  if (type != 'c') throw sql_error{"08P01", "unexpected message type during COPY from stdin"};
  copy_in_ = false;
  const std::string tag = "COPY " + std::to_string(copied_rows_);
  if (!querying_) return emit_complete(tag);
  if (query_.empty()) {
    several_ = false;
    finish_implicit();
  }
  emit_complete(tag);
  continue_query();
}

void backend::fail(char type, const sql_error& e) {
  wire::error_fields m;
  const std::string position = std::to_string(e.position);
  m.fields = {{'S', "ERROR"}, {'V', "ERROR"}, {'C', e.sqlstate}, {'M', e.message}};
  if (e.position > 0) m.fields.emplace_back('P', position);
  if (!e.routine.empty()) m.fields.emplace_back('R', e.routine);
  wire::encode_error(m, pending_);
  flush();
  const bool simple = querying_ || type == 'Q' || type == 'F' || type == 'S';
  copy_in_ = several_ = false;
  query_.clear();
  if (block_ == block::none)
    abort();
  else
    block_ = block::failed;
  if (simple)
    ready();
  else
    skipping_ = true;
}

void backend::ready() {
  querying_ = false;
  wire::encode(wire::ready_for_query{block_ == block::none   ? 'I'
                                     : block_ == block::open ? 'T'
                                                             : 'E'},
               pending_);
  flush();
}

void backend::emit_notice(const char* sqlstate, const char* text) {
  wire::error_fields m;
  m.fields = {{'S', "WARNING"}, {'V', "WARNING"}, {'C', sqlstate}, {'M', text}};
  wire::encode_notice(m, pending_);
}

void backend::emit_description(const std::vector<std::string>& columns) {
  wire::row_description d;
  for (const std::string& name : columns) {
    wire::field_description f;
    f.name = name;
    f.type_oid = name == "id" ? 23 : 25;
    d.fields.push_back(f);
  }
  wire::encode(d, pending_);
}

void backend::emit_complete(const std::string& tag) {
  wire::encode(wire::command_complete{tag}, pending_);
}

}  // namespace pgtandem::model
