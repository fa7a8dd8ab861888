// What a session will do with its statements, by what names, tables, cursors and users' code are known to
// mean when they are sent. Sends nothing: where legacy has to say something first, the answer is null and
// take_need() tells what. One per session, not thread-safe.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "protocol/sql/parse.h"
#include "protocol/wire/backend/data_row.h"
#include "protocol/wire/backend/error_response.h"
#include "proxy/session/legs/server_leg.h"
#include "proxy/session/planner/environment.h"
#include "proxy/session/planner/name_cache.h"
#include "proxy/session/planner/own_ddl.h"
#include "proxy/session/planner/prepared_statements.h"
#include "proxy/session/planner/proven_cursors.h"
#include "proxy/session/transaction/transaction.h"

namespace pgtandem::proxy {

// What legacy has to be asked, or told, before a statement can be planned.
namespace planner_need {
struct nothing {};
struct answers {};  // to what was sent; until then nobody knows whether the transaction has failed
struct name {
  sql::relation_ref ref;
};
struct prepare_again {
  std::string name;
  plan_ptr statement;
};
using any = std::variant<nothing, answers, name, prepare_again>;
}  // namespace planner_need

class planner {
 public:
  // All of them are the session's own and outlive the planner.
  planner(const session_environment& environment, const server_leg& server, const transaction& current,
          const prepared_statements& prepared);

  // What kept the last question from being answered.
  [[nodiscard]] planner_need::any take_need() { return std::exchange(need_, planner_need::nothing{}); }

  // A statement of the client, when it is parsed. Null: see take_need().
  [[nodiscard]] plan_ptr plan_for(const sql::statement& s, std::string_view statement_text);
  // The same with what it takes to rewrite it once more when it is run.
  [[nodiscard]] plan_ptr keep_source(plan_ptr p, rewrite_source source) const;

  // When it is run: what a statement does is judged when it is sent, as a prepared one meets other cursors,
  // tables and code by the same names. Null: see take_need().
  [[nodiscard]] plan_ptr as_sent_now(plan_ptr p);
  // The same, without what legacy would have to be asked about: tables of a TRUNCATE, keys of a cascade.
  [[nodiscard]] plan_ptr as_known_now(plan_ptr p) const;
  [[nodiscard]] plan_ptr as_copied_now(plan_ptr p);
  // Of prepared statements: whether names or tables have changed beneath them.
  [[nodiscard]] plan_ptr as_prepared_now(const plan_ptr& p);
  [[nodiscard]] plan_ptr rewritten_anew(const plan_ptr& p);

  [[nodiscard]] bool is_harmless(const sql::statement& s) const;
  [[nodiscard]] std::shared_ptr<std::vector<plan>> plans_of(const sql::parsed_text& parsed) const;
  // Whether a statement writes a relation whose rules may return rows. nullopt: see take_need().
  [[nodiscard]] std::optional<bool> rules_may_answer(const std::vector<sql::statement>& all);
  // What to mark before a statement is sent that may commit by itself; null: a text that is not understood.
  // nullopt: see take_need().
  [[nodiscard]] std::optional<std::vector<change::mark>> marks_ahead(const plan* p);

  // The mirrored tables as the present statement sees them; `newest_catalog` is that from here on.
  [[nodiscard]] const mirrored_catalog& catalog() const { return *catalog_; }
  const mirrored_catalog& newest_catalog();
  // Whether what carries writes further was noticed when statements of this transaction had been judged: it
  // may have been there when they ran, and marks for what ran before need not have waited for them.
  [[nodiscard]] bool judged_too_early() const;

  // What the session does, and legacy answers.
  void note_sent(const plan& p);
  void note_end_sent();  // of a transaction
  void note_no_block();
  void note_bound(std::string_view portal, const plan_ptr& statement);
  void note_closed(std::string_view portal) { cursors_.forget(portal); }
  void note_answer(char type);
  void note_run(const plan& p);
  void note_failed(const std::optional<wire::error_fields>& error);
  void note_commit(xid_t xid);              // is about to be let through
  void note_ended() { defining_.reset(); }  // a transaction, and nothing more of another has been sent
  void note_marks(const std::vector<change::mark>& marks) { own_ddl_.note_marks(marks); }
  // Whether the transaction may have made or altered what others' names mean, or their statements run.
  [[nodiscard]] bool defining() const { return defining_ || own_ddl_.under_way(); }
  // What the transaction that has ended may have altered.
  [[nodiscard]] std::vector<change::table_name> take_altered() { return own_ddl_.end(server_.settled()); }
  // Others may have made or altered what this session's names mean.
  void notice_definitions();

  // Names.
  void forget_names() { names_.clear(); }
  void doubt_names();  // a statement is being sent that may change them
  [[nodiscard]] std::uint64_t names_generation() const { return names_.generation(); }
  [[nodiscard]] bool note_name(const wire::data_row& row, std::uint64_t generation);  // false: unreadable
  void note_name_answered(bool found, std::uint64_t generation);
  void note_name_skipped() { name_asked_.reset(); }

 private:
  // planner.cc
  [[nodiscard]] std::shared_ptr<plan> plan_for_targets(const sql::statement& s,
                                                       std::string_view statement_text);
  [[nodiscard]] const resolved_name* resolve(const sql::relation_ref& ref);
  [[nodiscard]] std::optional<std::vector<resolved_name>> resolve_all(
      const std::vector<sql::relation_ref>& refs);
  [[nodiscard]] bool all_answered();
  [[nodiscard]] bool may_run_user_code(const sql::used_names* uses, std::optional<oid_t> written) const;

  // planner_at_send.cc
  [[nodiscard]] bool runs_user_code(const plan& p) const;
  [[nodiscard]] plan_ptr truncate_as_sent_now(const plan_ptr& p);
  [[nodiscard]] plan_ptr cascade_as_sent_now(const plan_ptr& p);
  [[nodiscard]] std::optional<bool> may_read_keys(const std::vector<change::table_name>& tables);
  [[nodiscard]] std::optional<std::vector<const catalog::relation*>> reached_by_copy(
      const sql::relation_ref& copied, const resolved_name& target) const;

  // planner_prepared.cc
  [[nodiscard]] std::optional<bool> have_moved(const std::vector<written_name>& names, bool harmless);
  [[nodiscard]] plan_ptr plan_for_prepare(const sql::statement& s, std::string_view statement_text);
  [[nodiscard]] plan_ptr plan_for_execute(const sql::statement& s, std::string_view statement_text);

  const session_environment& env_;
  const server_leg& server_;
  const transaction& transaction_;
  const prepared_statements& prepared_;

  planner_need::any need_;
  std::shared_ptr<const mirrored_catalog> catalog_;
  // By this, or by a newer one, statements of the transaction were judged. Null: there is none yet.
  std::shared_ptr<const mirrored_catalog> judged_by_;
  proven_cursors cursors_;
  name_cache names_;
  bool names_changed_ = false;  // in this transaction
  std::optional<sql::relation_ref> name_asked_;
  own_ddl own_ddl_;
  std::optional<known_code::definition> defining_;  // while a transaction that defines things is under way
  std::uint64_t definitions_seen_ = 0;              // known_code::version() that names_ goes with
};

}  // namespace pgtandem::proxy
