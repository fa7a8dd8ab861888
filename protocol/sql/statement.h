// What a SQL text consists of, as far as capture needs to know. Plain data without I/O.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/copy/format.h"
#include "protocol/sql/used_names.h"

namespace pgtandem::sql {

enum class statement_kind : std::uint8_t {
  empty,
  select,
  insert,
  update,
  remove,
  merge,
  begin,
  commit,
  rollback,
  savepoint,
  rollback_to,
  release,
  prepare_transaction,
  commit_prepared,
  rollback_prepared,
  prepare,
  execute,
  deallocate,
  discard,
  set,
  reset,
  show,
  declare_cursor,
  fetch,
  close_cursor,
  copy_from,
  copy_to,
  truncate,
  call,
  do_block,
  explain,
  lock_table,
  ddl,          // CREATE, ALTER, DROP ... of anything
  maintenance,  // VACUUM, ANALYZE, CLUSTER, REINDEX, CHECKPOINT ...: changes no row's value
  other,
};

// In the words of the manual, for logs and metrics: "update", "rollback to savepoint".
[[nodiscard]] std::string_view to_string(statement_kind kind);

// What a statement may do to rows of mirrored tables.
enum class effect : std::uint8_t {
  harmless,  // proven to write no row of an ordinary table (closed allow-list of functions)
  dml,       // INSERT, UPDATE or DELETE of one named relation and, by proof, of nothing else
  unproven,  // may write anything
};

struct relation_ref {
  std::optional<std::string> schema;  // as the parser folded it; nullopt: by search_path
  std::string name;
  friend bool operator==(const relation_ref&, const relation_ref&) = default;
};

struct dml_info {
  relation_ref target;
  std::string alias;  // how expressions name the target's row: quoted alias or table name
  bool only = false;  // ONLY was given
  bool has_returning = false;
  bool returns_star = false;  // which columns come back depends on the table
  bool on_conflict_update = false;
  // Columns that UPDATE SET or ON CONFLICT DO UPDATE SET assign (not INSERT's column list), each once,
  // sorted.
  std::vector<std::string> assigned;
};

// An INSERT, UPDATE or DELETE in WITH.
struct modifying_part {
  std::string name;  // of the table expression that it is
  statement_kind kind = statement_kind::other;
  dml_info dml;
  // What it hands on of each row, by names that the text gives, or all of its target's columns (returns_all).
  // With neither it hands nothing on.
  std::vector<std::string> returned;
  bool returns_all = false;
};

// A statement that writes in WITH: by proof, these parts and what it writes itself, and nothing else.
struct modifying_parts {
  std::vector<modifying_part> parts;
  std::optional<dml_info> main;  // INSERT, UPDATE, DELETE
  bool returns_rows = false;
};

// COPY FROM STDIN of all rows that it is given.
struct copy_source {
  copy::format format;
  std::vector<std::string> columns;  // as the parser folded them; none: all of the table's
};

struct statement {
  statement_kind kind = statement_kind::other;
  sql::effect effect = sql::effect::unproven;
  std::size_t offset = 0;  // bytes into the text, first byte of the statement (leading blanks skipped)
  std::size_t length = 0;  // bytes, without the semicolon
  // May change how names resolve (search_path, role, row_security, temporary objects), how texts are read or
  // values printed (client_encoding, DateStyle ...), or drop prepared statements: what a session learned
  // before has to be asked again. True for every `unproven` statement.
  bool changes_names = false;
  // May change where the strings of a later text end (client_encoding, standard_conforming_strings).
  bool changes_lexing = false;
  // Makes or alters something that decides what other sessions' statements mean or run.
  bool defines = false;
  bool and_chain = false;                          // COMMIT/ROLLBACK AND CHAIN
  bool refuses_transaction_block = false;          // VACUUM, CREATE DATABASE, CREATE INDEX CONCURRENTLY ...
  bool cascades = false;                           // TRUNCATE ... CASCADE
  bool with_hold = false;                          // DECLARE ... WITH HOLD
  bool deallocates = false;                        // DEALLOCATE, DISCARD ALL
  bool writes_in_with = false;                     // SELECT: INSERT, UPDATE or DELETE below it
  bool depends_on_literal = false;                 // with another string in it the effect may be another
  std::string name;                                // savepoint, prepared statement, cursor, gid
  std::optional<dml_info> dml;                     // for effect::dml
  std::shared_ptr<const modifying_parts> parts{};  // for effect::unproven; null: nobody knows what it writes
  std::shared_ptr<const statement> prepared;  // PREPARE: the statement inside, with the place of the whole
  std::vector<relation_ref> written;          // COPY FROM, TRUNCATE: what it names; else empty
  std::shared_ptr<const copy_source> copied;  // COPY FROM: null where more is to be known than this says
  // SELECT, DML, COPY TO, DECLARE: relations named for reading, each once, CTE names among them. What a view
  // among them calls is not part of the proof above: that takes the catalog.
  std::vector<relation_ref> read;
  // The same statements, and EXECUTE's arguments: what the proof takes for the server's own. Null: nothing.
  std::shared_ptr<const used_names> uses;
  bool proven_arguments = true;  // EXECUTE: by themselves they write nothing
};

struct parsed_text {
  std::vector<statement> statements;  // empty text: none
  bool ok = true;                     // false: the parser does not know it; nothing else is filled in
};

}  // namespace pgtandem::sql
