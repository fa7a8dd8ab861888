// What a session will do with one statement: pass it, image its rows, or pass it and look what it wrote.
// Pure functions.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/catalog/image_sql.h"
#include "protocol/sql/statement.h"
#include "proxy/session/mirrored_catalog.h"
#include "proxy/session/own_query.h"

namespace pgtandem::proxy {

enum class capture_mode : std::uint8_t {
  harmless,  // writes no mirrored row: passes untouched, and its commit waits for nothing
  image,     // rewritten: the last result column is the image
  unproven,  // passes untouched; before the commit the session asks which tables were written
};

// What a rewrite was made of, kept with a statement that is prepared under a name: should the session's role,
// names or settings change, it is made again.
struct rewrite_source {
  sql::statement statement;
  std::string text;                            // of the statement alone
  std::vector<std::uint32_t> parameter_types;  // as the client gave them
  std::int32_t position_shift = 0;             // characters of the client's text before it
  resolved_name target;                        // what its target meant
  std::shared_ptr<const mirrored_catalog> catalog;
};

struct plan {
  capture_mode mode = capture_mode::unproven;
  sql::statement_kind kind = sql::statement_kind::other;
  std::string name{};  // of a savepoint, prepared statement or cursor
  bool and_chain = false;
  bool changes_names = true;   // what the session learned of names and own statements is void afterwards
  bool changes_lexing = true;  // what is known of client_encoding and standard_conforming_strings may be void
  bool also_unproven = false;  // imaged, but it may write other tables too (foreign keys that cascade)
  bool has_returning = false;  // the client asked for rows of its own
  bool writes_inside_commit = false;  // WITH HOLD over a query that is not harmless
  // Unproven statements that may commit by themselves, outside a transaction block: marks have to be durable
  // before they are forwarded.
  bool may_commit_inside = false;
  // Rules may answer a simple Query with rows, which the extended protocol would not show: it stays one.
  bool rules_may_answer = false;
  std::optional<sql::relation_ref> copied{};  // COPY FROM: only this table is marked ahead
  std::string rewritten{};                    // the text to send; empty: the client's own
  // DML: what its target meant when this was planned. Legacy looks the name up anew whenever it has changed.
  std::optional<sql::relation_ref> target{};
  oid_t target_oid{};
  std::uint64_t names_generation = 0;              // name_cache::generation() when that was known
  std::shared_ptr<const rewrite_source> source{};  // of an imaged statement with a name
  std::shared_ptr<const plan> prepares{};          // SQL's PREPARE: what the name will mean

  [[nodiscard]] bool ends_transaction() const {
    return kind == sql::statement_kind::commit || kind == sql::statement_kind::rollback ||
           kind == sql::statement_kind::prepare_transaction;
  }
};

// A plan for everything but imaged DML.
[[nodiscard]] plan plan_statement(const sql::statement& s);
// A plan for DML (s.dml is set) whose target means `target` to the session.
[[nodiscard]] plan plan_dml(const sql::statement& s, std::string_view statement_text,
                            const resolved_name& target, const mirrored_catalog& mirrored);

}  // namespace pgtandem::proxy
