// The model's SQL: the few forms that scripts are made of, also as the session rewrites them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pgtandem::model {

enum class verb {
  empty,
  insert,
  update,
  remove,
  select_rows,    // SELECT id FROM t WHERE id < 3
  select_writer,  // SELECT writer(1, 'v'): a function that writes t
  select_path,    // SELECT set_config('search_path', 'other', false)
  fail_planning,  // SELECT 1/0
  fail_running,   // SELECT fail()
  begin,
  commit,
  rollback,
  savepoint,
  rollback_to,
  release,
  set_path,
  reset_path,
  prepare,
  execute,
  deallocate,
  discard_all,
  copy_from,
  copy_to,
  call,  // CALL p(1, 'v'): writes t and commits inside
  vacuum,
  prepare_transaction,
  commit_prepared,
  rollback_prepared,
  own_names,
  own_witness,
  own_copied_rows,
  own_noted_rows,
  part,  // WITH a AS (<dml>) SELECT id FROM a, or FROM a table
};

struct statement {
  verb what = verb::empty;
  std::string schema;
  std::string table;
  std::size_t table_at = 0;  // where the name stands, in bytes of the text
  int id = 0;
  bool below = false;  // id < K instead of id = K
  std::string value;   // "$1": of the Bind
  std::string name;    // savepoint, prepared statement, gid, path
  bool chain = false;
  bool local = false;
  bool locks = false;     // own_witness: with locks
  bool prepares = false;  // own_witness: of what is to be prepared
  std::vector<std::string> returning;
  bool imaged = false;
  std::string inner{};       // PREPARE: the text behind AS; part: of the DML
  std::size_t inner_at = 0;  // and its place
  bool noted = false;        // part: it notes what it writes

  [[nodiscard]] bool is_dml() const {
    return what == verb::insert || what == verb::update || what == verb::remove;
  }
  // A plain query.
  [[nodiscard]] bool streams_rows() const {
    return what == verb::select_rows || what == verb::select_writer || what == verb::select_path ||
           what == verb::fail_running;
  }
  // Allowed in a failed transaction block.
  [[nodiscard]] bool ends_failed_block() const {
    return what == verb::commit || what == verb::rollback || what == verb::rollback_to ||
           what == verb::prepare_transaction;
  }
  // A TransactionStmt of PostgreSQL's grammar.
  [[nodiscard]] bool controls_transaction() const {
    return ends_failed_block() || what == verb::begin || what == verb::savepoint || what == verb::release ||
           what == verb::commit_prepared || what == verb::rollback_prepared;
  }
  [[nodiscard]] std::size_t parameters() const { return value == "$1" ? 1 : 0; }
};

// nullopt: not in the model's language, a syntax error.
[[nodiscard]] std::optional<statement> parse_statement(std::string_view text);

// Cuts a text at its semicolons: the place of each statement, leading blanks left out, empty ones dropped.
struct piece {
  std::size_t offset = 0;
  std::string_view text;
};
[[nodiscard]] std::vector<piece> split_statements(std::string_view text);

}  // namespace pgtandem::model
