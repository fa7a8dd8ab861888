// What a session will do with one statement: pass it, image its rows, or pass it and look what it wrote.
// Pure functions.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/catalog/image_sql.h"
#include "protocol/sql/rewrite.h"
#include "protocol/sql/statement.h"
#include "proxy/session/capture/cascade_reads.h"
#include "proxy/session/capture/mirrored_catalog.h"
#include "proxy/session/capture/old_keys.h"
#include "proxy/session/capture/own_query.h"
#include "proxy/session/capture/read_back.h"

namespace pgtandem::proxy {

enum class capture_mode : std::uint8_t {
  harmless,  // writes no mirrored row: passes untouched, and its commit waits for nothing
  image,     // rewritten: the last result column is the image
  noted,     // passes untouched; what it does to mirrored tables follows from the statement (plan::truncated)
  read_back,  // passes untouched; right behind it its rows are read by the keys in the client's data
  parts,      // rewritten; right behind it the rows that its parts in WITH wrote are read (noted_rows.h)
  unproven,   // passes untouched; before the commit the session asks which tables were written
};

// A table that a statement names as one to write, and what that meant when it was planned. Legacy looks the
// name up anew whenever it has changed.
struct written_name {
  sql::relation_ref name;
  oid_t oid;
  bool noted = false;    // of a part in WITH: its rows are noted
  bool carries = false;  // and they may have rows of other tables go or change with them
};

// What a rewrite was made of, kept with a statement that is prepared under a name: should the session's role,
// names or settings change, it is made again.
struct rewrite_source {
  sql::statement statement;
  std::string text;                              // of the statement alone; of SQL's PREPARE around it
  std::vector<std::uint32_t> parameter_types{};  // as the client gave them
  bool in_sql = false;                           // made by SQL's PREPARE
  std::int32_t position_shift = 0;               // characters of the client's text before it
  std::vector<resolved_name> targets{};          // what its targets meant (targets_of)
  std::shared_ptr<const mirrored_catalog> catalog{};
};

struct plan {
  capture_mode mode = capture_mode::unproven;
  sql::statement_kind kind = sql::statement_kind::other;
  std::string name{};  // of a savepoint, prepared statement or cursor
  bool and_chain = false;
  bool changes_names = true;   // what the session learned of names and own statements is void afterwards
  bool changes_lexing = true;  // what is known of client_encoding and standard_conforming_strings may be void
  bool also_unproven = false;  // imaged, but it may write other tables too
  bool watched = false;        // what is known of its writes is right; whether that is all, the locks tell
  bool defines = false;  // what other sessions' names mean, or their statements run, may be another then
  bool with_hold = false;
  bool has_returning = false;  // the client asked for rows of its own
  bool streams = false;        // a query whose rows come while it runs; all others first run to their end
  bool writes_inside_commit = false;  // WITH HOLD over a query that is not harmless
  // Unproven statements that may commit by themselves, outside a transaction block: marks have to be durable
  // before they are forwarded.
  bool may_commit_inside = false;
  // Rules may answer a simple Query with rows, which the extended protocol would not show: it stays one.
  bool rules_may_answer = false;
  std::vector<sql::relation_ref> truncates{};          // TRUNCATE without CASCADE: what it names
  std::vector<change::table_name> truncated{};         // noted: the mirrored tables among them
  std::optional<sql::relation_ref> copied{};           // COPY FROM: only this table is marked ahead
  std::shared_ptr<const sql::copy_source> copies{};    // the same, where its data can be understood
  std::shared_ptr<const read_back_query> read_back{};  // of capture_mode::read_back
  // Imaged, and it may change keys: the old ones are read before it runs.
  std::shared_ptr<const old_keys_query> old_keys{};
  std::vector<std::uint32_t> parameter_types{};  // as the client gave them, only for what is asked ahead
  std::string rewritten{};                       // the text to send; empty: the client's own
  std::vector<sql::text_edit> edits{};           // where it differs before its end
  // DML: what its target meant.
  std::optional<sql::relation_ref> target{};
  oid_t target_oid{};
  std::vector<written_name> parts{};              // the same of its parts in WITH
  std::string noted_rows{};                       // what is asked behind it; empty: its parts note nothing
  std::vector<std::string> assigned{};            // columns of it that an imaged statement assigns
  std::set<change::table_name> cascades_to{};     // imaged: what foreign keys may make it write besides
  std::shared_ptr<const removed_rows> removed{};  // a DELETE from a table to which foreign keys refer
  // The keys of rows in `cascades_to` are read before it runs.
  std::shared_ptr<const cascade_reads> cascaded_keys{};
  std::shared_ptr<const sql::used_names> uses{};   // what its harmlessness rests on
  std::uint64_t names_generation = 0;              // name_cache::generation() when that was known
  std::shared_ptr<const rewrite_source> source{};  // of an imaged statement with a name
  std::shared_ptr<const plan> prepares{};          // SQL's PREPARE: what the name will mean

  // For statements with a source.
  [[nodiscard]] const std::string& text_to_prepare() const {
    return rewritten.empty() ? source->text : rewritten;
  }
  // All that it names as tables to write.
  [[nodiscard]] std::vector<written_name> targets() const {
    std::vector<written_name> all = parts;
    if (target) all.push_back({.name = *target, .oid = target_oid});
    return all;
  }
  // Whether own queries may go ahead of it that have its parameters.
  [[nodiscard]] bool asks_ahead() const { return old_keys != nullptr || removed != nullptr; }
  [[nodiscard]] bool ends_transaction() const {
    return kind == sql::statement_kind::commit || kind == sql::statement_kind::rollback ||
           kind == sql::statement_kind::prepare_transaction;
  }
};

// Whether the text that is sent brings its rows with it.
[[nodiscard]] inline bool is_rewritten(const plan& p) {
  return p.mode == capture_mode::image || p.mode == capture_mode::parts;
}
// The same statement where it may run code of users besides (known_code).
[[nodiscard]] plan running_user_code(plan p);
// A plan for everything but imaged DML.
[[nodiscard]] plan plan_statement(const sql::statement& s);
// What a TRUNCATE will do whose names mean `targets` as it is sent.
[[nodiscard]] plan plan_truncate(const plan& p, std::span<const resolved_name> targets,
                                 const mirrored_catalog& mirrored);
// Whether writing to `target`, which is not mirrored, changes no mirrored row, whatever others do meanwhile.
[[nodiscard]] bool certainly_unmirrored(const sql::relation_ref& name, const resolved_name& target,
                                        const mirrored_catalog& mirrored);
// The tables that a statement names as those to write, in the order of plan::targets(): DML, and what writes
// in WITH (s.dml or s.parts is set).
[[nodiscard]] std::vector<sql::relation_ref> targets_of(const sql::statement& s);
// A plan for a statement that writes in WITH (s.parts is set) whose targets_of() mean `targets`.
[[nodiscard]] plan plan_parts(const sql::statement& s, std::string_view statement_text,
                              std::span<const resolved_name> targets, const mirrored_catalog& mirrored);
// A plan for DML (s.dml is set) whose target means `target` to the session.
[[nodiscard]] plan plan_dml(const sql::statement& s, std::string_view statement_text,
                            const resolved_name& target, const mirrored_catalog& mirrored);
// The plan of a COPY FROM whose target means `target`: `p` again where its rows cannot be read back.
[[nodiscard]] plan plan_copy(plan p, const resolved_name& target, const mirrored_catalog& mirrored);

}  // namespace pgtandem::proxy
