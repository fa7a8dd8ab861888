#include "proxy/session/fake_backend_testing.h"

#include "protocol/wire/backend/bind_complete.h"
#include "protocol/wire/backend/close_complete.h"
#include "protocol/wire/backend/command_complete.h"
#include "protocol/wire/backend/data_row.h"
#include "protocol/wire/backend/error_response.h"
#include "protocol/wire/backend/function_call_response.h"
#include "protocol/wire/backend/no_data.h"
#include "protocol/wire/backend/parse_complete.h"
#include "protocol/wire/backend/ready_for_query.h"
#include "protocol/wire/backend/row_description.h"
#include "protocol/wire/frame.h"
#include "protocol/wire/frontend/bind.h"
#include "protocol/wire/frontend/close.h"
#include "protocol/wire/frontend/describe.h"
#include "protocol/wire/frontend/execute.h"
#include "protocol/wire/frontend/parse.h"
#include "protocol/wire/frontend/query.h"

namespace pgtandem::proxy::testing {
namespace {

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}
bool starts(const std::string& text, std::string_view part) {
  return text.starts_with(part);
}
bool imaged(const std::string& text) {
  return has(text, "pgtandem_image");
}
bool writes(const std::string& text) {
  return starts(text, "INSERT") || starts(text, "UPDATE") || starts(text, "DELETE") ||
         starts(text, "TRUNCATE") || starts(text, "WITH") || has(text, "writer(");
}

// Columns that the client itself asked for.
std::size_t client_columns(const std::string& text) {
  if (starts(text, "SELECT") || has(text, ") SELECT ")) return 1;
  return has(text, "RETURNING id") ? 1 : 0;
}

void row(const std::vector<std::optional<std::string_view>>& columns, std::string& out) {
  wire::encode(wire::data_row{columns}, out);
}

}  // namespace

void fake_backend::receive(std::string_view bytes, std::string& out) {
  buffer_ += bytes;
  if (!startup_done_) {  // sessions under test begin behind the start-up packet
    startup_done_ = true;
    ready(out);
  }
  std::string_view rest = buffer_;
  wire::frame_view f;
  while (wire::next_frame(rest, f) == wire::frame_status::complete) message(f.type, f.body, out);
  buffer_ = std::string(rest);
}

void fake_backend::message(char type, std::string_view body, std::string& out) {
  if (skipping_ && type != 'S' && type != 'X') return;
  switch (type) {
    case 'P': {
      const auto m = wire::decode_parse(body);
      const std::string name(m->statement);
      if (!name.empty() && statements_.contains(name)) return error("42P05", "exists", out);
      statements_[name] = std::string(m->query);
      parsed.emplace_back(m->query);
      wire::encode(wire::parse_complete{}, out);
      break;
    }
    case 'B':
      on_bind(body, out);
      break;
    case 'D': {
      const auto m = wire::decode_describe(body);
      describe((m->target == 'S' ? statements_ : portals_)[std::string(m->name)], out);
      break;
    }
    case 'E': {
      const auto it = portals_.find(std::string(wire::decode_execute(body)->portal));
      if (it == portals_.end()) return error("34000", "no such portal", out);
      if (!execute(it->second, false, out)) skipping_ = true;
      break;
    }
    case 'F':
      if (!in_block_) finish_transaction(out);
      wire::encode(wire::function_call_response{}, out);
      ready(out);
      break;
    case 'C': {
      const auto m = wire::decode_close(body);
      (m->target == 'S' ? statements_ : portals_).erase(std::string(m->name));
      wire::encode(wire::close_complete{}, out);
      break;
    }
    case 'S':
      skipping_ = false;
      if (!in_block_ && !failed_) finish_transaction(out);
      ready(out);
      break;
    case 'Q': {
      const auto m = wire::decode_query(body);
      bool ok = m.has_value();
      if (!ok) error("08P01", "invalid message format", out);
      std::string text(ok ? m->text : "");
      while (ok && !text.empty()) {
        const auto end = text.find(';');
        ok = execute(text.substr(0, end), true, out);
        text = end == std::string::npos ? "" : text.substr(text.find_first_not_of(' ', end + 1));
      }
      if (ok && !in_block_) finish_transaction(out);
      ready(out);
      break;
    }
    case 'X':
      terminated = true;
      break;
    default:
      break;
  }
}

void fake_backend::on_bind(std::string_view body, std::string& out) {
  const auto m = wire::decode_bind(body);
  const auto it = statements_.find(std::string(m->statement));
  if (it == statements_.end()) return error("26000", "no such statement", out);
  portals_[std::string(m->portal)] = it->second;
  first_parameter_ = m->parameters.empty() ? "" : std::string(m->parameters.front().value_or(""));
  if (!m->statement.starts_with("_pgtandem"))
    result_formats.assign(m->result_formats.begin(), m->result_formats.end());
  wire::encode(wire::bind_complete{}, out);
}

// What EXECUTE runs; any other text is itself.
std::string fake_backend::resolved(const std::string& text) const {
  if (!starts(text, "EXECUTE ")) return text;
  const auto it = statements_.find(text.substr(8));
  return it == statements_.end() ? "SELECT bad" : it->second;
}

void fake_backend::describe(const std::string& given, std::string& out) const {
  const std::string text = resolved(given);
  const bool has_rows = !starts(text, "PREPARE ");
  const std::size_t count = has_rows ? client_columns(text) + (imaged(text) ? 1 : 0) : 0;
  if (count == 0) {
    wire::encode(wire::no_data{}, out);
    return;
  }
  wire::row_description d;
  for (std::size_t i = 0; i < count; ++i) {
    wire::field_description field;
    field.name = "c";
    d.fields.push_back(field);
  }
  wire::encode(d, out);
}

void fake_backend::rows_of(const std::string& text, std::string& out) {
  std::vector<std::optional<std::string_view>> columns;
  for (std::size_t i = 0; i < client_columns(text); ++i) columns.emplace_back("1");
  if (imaged(text)) columns.emplace_back(image);
  if (!columns.empty()) row(columns, out);
}

bool fake_backend::control(const std::string& text, std::string& out) {
  if (starts(text, "BEGIN")) {
    in_block_ = true;
  } else if (starts(text, "COMMIT")) {
    in_block_ = false;
    if (!failed_) return finish_transaction(out);
    failed_ = false;
    writes_.clear();
    wire::encode(wire::command_complete{"ROLLBACK"}, out);
    return true;
  } else if (starts(text, "DEALLOCATE ALL")) {
    statements_.clear();
    wire::encode(wire::command_complete{"DEALLOCATE ALL"}, out);
  } else if (starts(text, "DEALLOCATE ")) {
    statements_.erase(text.substr(11));
  } else if (starts(text, "ROLLBACK TO")) {
    failed_ = false;
  } else if (starts(text, "ROLLBACK") || starts(text, "PREPARE TRANSACTION")) {
    in_block_ = failed_ = false;
    writes_.clear();
  }
  return true;
}

bool fake_backend::execute(std::string text, bool describe_rows, std::string& out) {
  text = resolved(text);
  if (starts(text, "PREPARE ") && !starts(text, "PREPARE TRANSACTION")) {
    const auto as = text.find(" AS ");
    statements_[text.substr(8, as - 8)] = text.substr(as + 4);
    wire::encode(wire::command_complete{"PREPARE"}, out);
    return true;
  }
  const bool own = has(text, "pg_catalog.txid_current_if_assigned") || has(text, "row_security_active");
  if (failed_ && !starts(text, "ROLLBACK") && !starts(text, "COMMIT")) {
    error("25P02", "aborted", out);
    return false;
  }
  if (has(text, "_pgtandem_rows")) {
    row({read_committed ? "t" : "f", std::to_string(removed_rows)}, out);
    wire::encode(wire::command_complete{"SELECT"}, out);
    return true;
  }
  if (has(text, "pgtandem_all AS MATERIALIZED")) {
    for (const auto& [what, value] : noted) row({what, value}, out);
    wire::encode(wire::command_complete{"SELECT"}, out);
    return true;
  }
  if (has(text, "FOR UPDATE")) {
    for (const std::string& key : has(text, "_pgtandem_keys") ? cascaded_keys : old_keys) row({key}, out);
    wire::encode(wire::command_complete{"SELECT"}, out);
    return true;
  }
  if (own) {
    std::vector<std::optional<std::string_view>> columns;
    if (has(text, "row_security_active")) {
      const auto known = oids.find(first_parameter_);
      const std::string& meant = known == oids.end() ? oid : known->second;
      for (const char* value :
           {meant.c_str(), "r", may_select ? "t" : "f", "f", "f", has_rules ? "t" : "f", "2",
            temporary ? "t" : "f", unmet.c_str(), may_lock ? "t" : "f", has_children ? "t" : "f"})
        columns.emplace_back(value);
    } else {
      columns.resize(3);
      if (!writes_.empty()) columns[0] = "77";
      columns[1] = "0/1000";
      if (has(text, "pg_locks")) columns[2] = write_locked;
      if (has(text, "pg_catalog.txid_current()")) columns.emplace_back("77");
    }
    row(columns, out);
    wire::encode(wire::command_complete{"SELECT 1"}, out);
    return true;
  }
  executed.push_back(text);
  if (has(text, "bad")) {
    error("22012", "bad", out);
    return false;
  }
  if (imaged(text) && !may_select && !starts(text, "PREPARE ")) {
    error("42501", "permission denied", out);
    return false;
  }
  if (describe_rows && client_columns(text) > 0) describe(text, out);
  if (writes(text)) writes_.push_back(text);
  rows_of(text, out);
  const std::size_t before = out.size();
  if (!control(text, out)) return false;
  if (out.size() == before)
    wire::encode(
        wire::command_complete{starts(text, "ROLLBACK TO") ? "ROLLBACK" : text.substr(0, text.find(' '))},
        out);
  return true;
}

bool fake_backend::finish_transaction(std::string& out) {
  if (fail_commits && !writes_.empty()) {
    writes_.clear();
    error("23503", "deferred", out);
    in_block_ = failed_ = false;
    return false;
  }
  if (!writes_.empty() && on_commit) on_commit(writes_);
  if (!writes_.empty()) out += behind_commit;
  writes_.clear();
  portals_.clear();
  return true;
}

void fake_backend::error(std::string_view sqlstate, const std::string& text, std::string& out) {
  wire::encode_error(wire::error_report{.sqlstate = std::string(sqlstate), .message = text}, out);
  if (in_block_)
    failed_ = true;
  else
    writes_.clear();
  skipping_ = true;
}

void fake_backend::ready(std::string& out) {
  skipping_ = false;
  wire::encode(wire::ready_for_query{failed_ ? 'E' : in_block_ ? 'T' : 'I'}, out);
}

}  // namespace pgtandem::proxy::testing
