// What the model's statements do.
#include <charconv>

#include "protocol/wire/backend/command_complete.h"
#include "protocol/wire/backend/copy_response.h"
#include "protocol/wire/backend/data_row.h"
#include "protocol/wire/copy_data.h"
#include "protocol/wire/copy_done.h"
#include "tests/session_model/backend.h"

namespace pgtandem::model {
namespace {

std::string row_message(const std::vector<std::optional<std::string>>& columns) {
  wire::data_row row;
  for (const auto& c : columns) row.columns.push_back(c ? std::optional<std::string_view>(*c) : std::nullopt);
  std::string bytes;
  wire::encode(row, bytes);
  return bytes;
}

std::string image(std::uint32_t oid, int id, const std::string& value) {
  return "J" + std::to_string(oid) + " {\"id\":" + std::to_string(id) + ",\"v\":\"" + value + "\"}";
}

std::vector<int> matching(const database::rows& rows, const statement& s) {
  std::vector<int> ids;
  for (const auto& [id, value] : rows)
    if (s.below ? id < s.id : id == s.id) ids.push_back(id);
  return ids;
}

}  // namespace

void backend::require_table(const statement& s) const {
  if (!db_.resolve(s.schema, s.table))
    throw sql_error{"42P01", "relation \"" + s.table + "\" does not exist", s.table_at + 1};
}

// The result columns; refuses what has no meaning.
std::vector<std::string> backend::analyze(const statement& s) const {
  if (s.is_dml() || s.what == verb::select_rows || (s.what == verb::fail_planning && !s.table.empty()))
    require_table(s);
  std::vector<std::string> columns = s.returning;
  switch (s.what) {
    case verb::select_rows:
      return {"id"};
    case verb::select_writer:
    case verb::select_path:
    case verb::fail_running:
      return {"result"};
    case verb::fail_planning:
      if (s.table.empty()) return {"result"};
      break;
    case verb::own_names:
      return std::vector<std::string>(11, "own");
    case verb::own_witness:
      return std::vector<std::string>(3, "own");
    case verb::own_copied_rows:
      return {"own"};
    case verb::own_noted_rows:
      return {"own", "own"};
    case verb::part: {
      statement inner = *parse_statement(s.inner);
      inner.table_at += s.inner_at;
      (void)analyze(inner);
      if (!s.table.empty()) require_table(s);
      return {"id"};
    }
    case verb::execute:
      if (const auto it = statements_.find(s.name); it != statements_.end()) return it->second.columns;
      return {};
    default:
      break;
  }
  if (s.imaged) columns.emplace_back("pgtandem_image");
  return columns;
}

std::string backend::run(const statement& s, const std::vector<std::optional<std::string>>& parameters,
                         rows_out& rows) {
  if (s.controls_transaction()) return run_control(s);
  if (s.what == verb::own_names || s.what == verb::own_witness) return run_own(s, parameters, rows);
  if (s.what == verb::own_copied_rows) return run_own_copied_rows(s, parameters.at(0).value_or(""), rows);
  if (s.what == verb::own_noted_rows) return run_own_noted_rows(rows);
  if (s.what == verb::part) return run_part(s, rows);
  if (s.is_dml()) {
    const std::string value = s.value == "$1" ? parameters.at(0).value_or("null") : s.value;
    return run_dml(s, value, rows);
  }
  return run_session_command(s, rows);
}

std::string backend::run_dml(const statement& s, const std::string& value, rows_out& rows) {
  require_table(s);
  const std::uint32_t oid = *db_.resolve(s.schema, s.table);
  db_.lock(oid);
  const bool insert = s.what == verb::insert;
  const std::vector<int> ids = insert ? std::vector<int>{s.id} : matching(db_.table(oid), s);
  for (const int id : ids) {
    const std::string old = insert ? value : db_.table(oid).at(id);
    if (insert)
      db_.insert(oid, id, value, s.imaged);
    else if (s.what == verb::update)
      db_.update(oid, id, value, s.imaged);
    else
      db_.remove(oid, id, s.imaged);
    const std::string& shown = s.what == verb::remove ? old : value;
    std::vector<std::optional<std::string>> columns;
    for (const std::string& c : s.returning) columns.emplace_back(c == "id" ? std::to_string(id) : shown);
    if (s.imaged) columns.emplace_back(image(oid, id, shown));
    if (!columns.empty()) rows.push_back(row_message(columns));
  }
  const std::string word = insert ? "INSERT 0 " : s.what == verb::update ? "UPDATE " : "DELETE ";
  return s.returning.empty() && !s.imaged ? word + std::to_string(ids.size()) : word;
}

std::string backend::run_control(const statement& s) {
  const bool inside = block_ != block::none;
  const auto require_block = [&](const char* what) {
    if (!inside) throw sql_error{"25P01", std::string(what) + " can only be used in transaction blocks"};
  };
  switch (s.what) {
    case verb::begin:
      if (inside) emit_notice("25001", "there is already a transaction in progress");
      block_ = block::open;
      return "BEGIN";
    case verb::commit:
      if (s.chain) require_block("COMMIT AND CHAIN");
      if (!inside) emit_notice("25P01", "there is no transaction in progress");
      if (block_ == block::failed) {
        abort();
        if (s.chain) block_ = block::open;
        return "ROLLBACK";
      }
      block_ = block::none;
      commit();
      if (s.chain) block_ = block::open;
      return "COMMIT";
    case verb::rollback:
      if (s.chain) require_block("ROLLBACK AND CHAIN");
      if (!inside) emit_notice("25P01", "there is no transaction in progress");
      abort();
      if (s.chain) block_ = block::open;
      return "ROLLBACK";
    case verb::savepoint:
      require_block("SAVEPOINT");
      db_.savepoint(s.name);
      return "SAVEPOINT";
    case verb::rollback_to:
      require_block("ROLLBACK TO SAVEPOINT");
      if (!db_.rollback_to(s.name)) throw sql_error{"3B001", "savepoint does not exist"};
      block_ = block::open;
      return "ROLLBACK";
    case verb::release:
      require_block("RELEASE SAVEPOINT");
      if (!db_.release(s.name)) throw sql_error{"3B001", "savepoint does not exist"};
      return "RELEASE";
    case verb::prepare_transaction:
      if (!inside) {
        emit_notice("25P01", "there is no transaction in progress");
        commit();
        return "ROLLBACK";
      }
      if (block_ == block::open) {
        on_prepare(xid(), db_.changes());
        db_.prepare(s.name);
      }
      {
        const bool failed = block_ == block::failed;
        abort();
        return failed ? "ROLLBACK" : "PREPARE TRANSACTION";
      }
    default: {
      prevent_in_block(s.what == verb::commit_prepared ? "COMMIT PREPARED" : "ROLLBACK PREPARED");
      const auto changes = db_.finish_prepared(s.name, s.what == verb::commit_prepared);
      if (!changes) throw sql_error{"42704", "prepared transaction does not exist"};
      return s.what == verb::commit_prepared ? "COMMIT PREPARED" : "ROLLBACK PREPARED";
    }
  }
}

std::string backend::run_session_command(const statement& s, rows_out& rows) {
  switch (s.what) {
    case verb::select_rows: {
      require_table(s);
      for (const int id : matching(db_.table(*db_.resolve(s.schema, s.table)), s))
        rows.push_back(row_message({std::to_string(id)}));
      return "SELECT ";
    }
    case verb::select_writer:
      db_.lock(table_t);
      if (db_.table(table_t).contains(s.id)) db_.update(table_t, s.id, s.value, false);
      rows.push_back(row_message({std::to_string(s.id)}));
      return "SELECT ";
    case verb::select_path:
      db_.set_path(s.name, false);
      rows.push_back(row_message({s.name}));
      return "SELECT ";
    case verb::fail_running:
      throw sql_error{"P0001", "fail() fails"};
    case verb::fail_planning:
      throw sql_error{"22012", "division by zero"};
    case verb::set_path:
      // No warning outside of a block: whether there is one depends on how the implicit transaction began.
      db_.set_path(s.name == "public" ? "" : s.name, s.local);
      return "SET";
    case verb::reset_path:
      db_.reset_path();
      return "RESET";
    case verb::prepare: {
      statement inner = *parse_statement(s.inner);
      inner.table_at += s.inner_at;
      prepared p{inner, analyze(inner), 0};
      if (!statements_.emplace(s.name, std::move(p)).second)
        throw sql_error{"42P05", "prepared statement exists"};
      return "PREPARE";
    }
    case verb::execute: {
      const auto it = statements_.find(s.name);
      if (it == statements_.end()) throw sql_error{"26000", "prepared statement does not exist"};
      const statement inner = it->second.what;
      if (inner.parameters() > 0) throw sql_error{"42601", "wrong number of parameters"};
      try {
        return run(inner, {}, rows);
      } catch (sql_error e) {
        e.position = 0;  // it would be one of the PREPARE
        throw e;
      }
    }
    case verb::deallocate:
      if (s.name.empty()) {
        statements_.clear();
        return "DEALLOCATE ALL";
      }
      if (statements_.erase(s.name) == 0) throw sql_error{"26000", "prepared statement does not exist"};
      return "DEALLOCATE";
    case verb::discard_all:
      prevent_in_block("DISCARD ALL");
      statements_.clear();
      db_.reset_path();
      return "DISCARD ALL";
    case verb::copy_from:
      require_table(s);
      db_.lock(*db_.resolve(s.schema, s.table));
      copied_ = s;
      copied_rows_ = 0;
      copy_in_ = true;
      wire::encode(wire::copy_in_response{{0, {0, 0}}}, pending_);
      flush();
      return "";
    case verb::copy_to: {
      require_table(s);
      std::string bytes;
      wire::encode(wire::copy_out_response{{0, {0, 0}}}, bytes);
      const auto& all = db_.table(*db_.resolve(s.schema, s.table));
      for (const auto& [id, value] : all)
        wire::encode(wire::copy_data{std::to_string(id) + "\t" + value + "\n"}, bytes);
      wire::encode(wire::copy_done{}, bytes);
      rows.push_back(bytes);
      return "COPY " + std::to_string(all.size());
    }
    case verb::call: {
      const bool atomic = block_ != block::none || several_ || pipelining();
      db_.lock(table_t);
      if (db_.table(table_t).contains(s.id)) db_.update(table_t, s.id, s.value, false);
      if (atomic) throw sql_error{"2D000", "invalid transaction termination"};
      commit();
      return "CALL";
    }
    default:
      prevent_in_block("VACUUM");
      return "VACUUM";
  }
}

std::string backend::run_own(const statement& s, const std::vector<std::optional<std::string>>& parameters,
                             rows_out& rows) {
  if (s.what == verb::own_witness) {
    std::optional<std::string> locked;
    for (const std::uint32_t oid : s.locks ? db_.locks() : std::set<std::uint32_t>{})
      locked = (locked ? *locked + " " : "") + std::to_string(oid);
    const std::string id = std::to_string(xid());
    std::vector<std::optional<std::string>> columns{db_.wrote() ? std::optional(id) : std::nullopt, "0/1000",
                                                    locked};
    if (s.prepares) columns.emplace_back(id);
    rows.push_back(row_message(columns));
    return "SELECT ";
  }
  const auto oid = db_.resolve(parameters.at(1).value_or(""), parameters.at(0).value_or(""));
  if (oid)
    rows.push_back(row_message(
        {std::to_string(*oid), "r", "t", "f", *oid == table_g ? "t" : "f", "f", "2", "f", "0", "t", "f"}));
  return "SELECT ";
}

// `keys` is an array: {1,2}.
std::string backend::run_own_copied_rows(const statement& s, const std::string& keys, rows_out& rows) {
  require_table(s);
  const std::uint32_t oid = *db_.resolve(s.schema, s.table);
  for (std::size_t at = 1; at < keys.size(); at = keys.find_first_of(",}", at) + 1) {
    const int id = std::atoi(keys.c_str() + at);
    const auto it = db_.table(oid).find(id);
    if (it == db_.table(oid).end()) continue;
    db_.note_imaged(oid, id);
    rows.push_back(row_message({image(oid, id, it->second)}));
  }
  return "SELECT ";
}

// The query sees the tables as they were before.
std::string backend::run_part(const statement& s, rows_out& rows) {
  const statement inner = *parse_statement(s.inner);
  if (!s.table.empty()) {
    require_table(s);
    for (const int id : matching(db_.table(*db_.resolve(s.schema, s.table)), s))
      rows.push_back(row_message({std::to_string(id)}));
  }
  if (inner.what == verb::fail_planning) throw sql_error{"22012", "division by zero"};
  const std::size_t before = db_.changes().size();
  (void)run_dml(inner, inner.value, rows);
  if (s.noted) db_.note_changes(before);
  return "SELECT ";
}

// Removed keys, their number with that of the images, and these.
std::string backend::run_own_noted_rows(rows_out& rows) {
  const std::vector<row_written> notes = db_.take_notes();
  rows_out images;
  for (const row_written& w : notes) {
    db_.note_imaged(w.table, w.id);
    if (w.removed)
      rows.push_back(
          row_message({"d", "J" + std::to_string(w.table) + " {\"id\":" + std::to_string(w.id) + "}"}));
    else
      images.push_back(row_message({"u", image(w.table, w.id, w.value)}));
  }
  rows.push_back(row_message({"n", std::to_string(notes.size())}));
  rows.insert(rows.end(), images.begin(), images.end());
  rows.push_back(row_message({"z", ""}));
  return "SELECT ";
}

void backend::prevent_in_block(const char* what) const {
  if (block_ != block::none || several_ || pipelining())
    throw sql_error{"25001", std::string(what) + " cannot run inside a transaction block"};
}

void backend::commit() {
  const std::vector<row_written> changes = db_.changes();
  const std::uint64_t ended = xid();
  portals_.clear();
  executed_ = false;
  parses_ = 0;
  ++transaction_;
  if (!db_.commit()) {
    on_rollback();
    throw sql_error{"23503", "a deferred constraint is violated"};
  }
  on_commit(ended, changes);
}

void backend::abort() {
  db_.abort();
  on_rollback();
  portals_.clear();
  executed_ = false;
  parses_ = 0;
  ++transaction_;
  block_ = block::none;
}

}  // namespace pgtandem::model
