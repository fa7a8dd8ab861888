// One client session after the start-up packet: passes traffic through, takes images out of it, and holds
// each commit until its record is durable.
//
// Sans-I/O: the driver moves bytes in and out of the four buffers, performs the actions and reports what
// became of them. Client messages are handled strictly in order; one that cannot go on yet (names are being
// asked, a commit is held) stays at the front of client_in() and is tried again after every event. One
// session is used by one thread at a time.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "protocol/sql/parse.h"
#include "protocol/wire/backend/error_response.h"
#include "protocol/wire/frame.h"
#include "protocol/wire/frontend/execute.h"
#include "protocol/wire/frontend/parse.h"
#include "proxy/session/action.h"
#include "proxy/session/legs/byte_buffer.h"
#include "proxy/session/legs/copy_in.h"
#include "proxy/session/legs/server_leg.h"
#include "proxy/session/planner/environment.h"
#include "proxy/session/planner/lexing.h"
#include "proxy/session/planner/planner.h"
#include "proxy/session/planner/prepared_statements.h"
#include "proxy/session/transaction/transaction.h"

namespace pgtandem::proxy {

class session {
 public:
  explicit session(session_environment environment);
  session(const session&) = delete;
  session& operator=(const session&) = delete;

  byte_buffer& client_in() { return client_in_; }
  byte_buffer& client_out() { return client_out_; }
  byte_buffer& server_in() { return server_.in; }
  byte_buffer& server_out() { return server_.out; }

  // Events. Each may fill the out buffers and actions().
  void on_client_bytes();
  void on_client_eof();
  void on_server_bytes();
  void on_server_eof();
  void on_prepared(prepare_outcome outcome);
  void on_staged(staging_t staging, std::string error);               // error empty: it is staged
  void on_marked(std::vector<std::uint64_t> ids, std::string error);  // error empty: durable

  // Takes what the driver has to do.
  [[nodiscard]] std::vector<action> take_actions();

  // Whether a client message waits for something else than more bytes of it.
  [[nodiscard]] bool blocked() const { return blocked_; }
  // Legacy has closed: nothing more will come than what is in client_out().
  [[nodiscard]] bool closed() const { return closed_; }
  // The protocol was violated beyond repair; the driver closes both sides.
  [[nodiscard]] bool broken() const { return broken_; }
  // An answer to prepare_action or mark_action is still owed to this session.
  [[nodiscard]] bool awaits_outbox() const { return hold_.stage == hold_stage::durable || premark_.pending; }
  // Between transactions with nothing under way: may be told to go away.
  [[nodiscard]] bool idle() const;
  // Whether legacy owes an answer: only then is a cancel request forwarded.
  [[nodiscard]] bool busy() const { return !server_.settled() || blocked_; }
  // Legacy's rows come faster than the outbox takes them: no more should be read for now.
  [[nodiscard]] bool full() const { return transaction_.changes().full(); }
  [[nodiscard]] std::uint32_t backend_pid() const { return backend_pid_; }
  [[nodiscard]] const std::string& cancel_key() const { return cancel_key_; }

 private:
  enum class step { consumed, blocked };
  enum class commit_point { sync, execute, query };
  enum class hold_stage { none, draining, durable, ready };

  // What has been sent, ahead of what has been answered.
  struct sent_state {
    bool in_block = false;
    bool dirty = false;  // something ran that may have to be recorded
    bool unproven = false;
    bool batch_open = false;  // extended messages since the last Sync
    bool unsynced =
        false;            // the same, a Query between notwithstanding: should one fail, the Query is skipped
    bool unsure = false;  // the batch began before an earlier one was answered
    // A statement of it was not understood: it may have ended the transaction, or begun a block.
    bool block_unseen = false;
  };

  struct hold {
    hold_stage stage = hold_stage::none;
    bool locks = false;  // the witness asked for write locks
    std::optional<proxy::witness> witness;
    staging_t staging;  // of the record that is being made durable
    std::optional<seq_t> seq;
    std::optional<std::string> rejected;
  };

  // Marks made durable ahead of a statement that may commit by itself.
  struct premark {
    bool pending = false;
    bool done = false;
    bool unwanted = false;  // its statement will not be sent after all
    std::vector<std::uint64_t> ids;
    std::string error;
  };

  // A simple Query that is run statement by statement in extended messages.
  struct script {
    std::string text;
    std::shared_ptr<const sql::parsed_text> parsed;
    std::size_t next = 0;
    bool copies = false;  // it is one COPY FROM STDIN: its Query has been taken, and data follow
  };

  // session.cc
  void pump();
  [[nodiscard]] step handle(const wire::frame_view& f);
  [[nodiscard]] bool all_answered();
  void ask_what_is_needed();
  void end_own_exchange();
  void open_batch();
  void note_sent(const plan& p);
  void note_prepared(const plan& p, outstanding& answer);
  void end_sent_transaction(bool in_block);
  void adopt_answered_state();
  void send_error(std::string_view sqlstate, const std::string& message, const std::string& hint);

  // session_extended.cc
  [[nodiscard]] step handle_parse(const wire::frame_view& f);
  [[nodiscard]] step handle_bind(const wire::frame_view& f);
  [[nodiscard]] step handle_describe(const wire::frame_view& f);
  [[nodiscard]] step handle_execute(const wire::frame_view& f);
  [[nodiscard]] step execute_again(const wire::execute& m, outstanding answer);
  [[nodiscard]] step handle_close(const wire::frame_view& f);
  [[nodiscard]] step handle_sync(const wire::frame_view& f);
  [[nodiscard]] step handle_function_call(const wire::frame_view& f);

  // session_copy.cc
  [[nodiscard]] step start_copy(std::string_view text, const sql::statement& s, const plan_ptr& p);
  [[nodiscard]] bool handle_copy_in(const wire::frame_view& f, step& result);
  void begin_client_stream(const wire::frame_header& header);
  void pass_client_stream();
  void read_copied_back();

  // session_prepared.cc
  [[nodiscard]] std::string_view prepare_anew(const plan_ptr& p);
  void prepare_again(const std::string& name, const plan_ptr& p);

  // session_keys.cc
  void ask_ahead(const plan& p, std::string_view bind);
  void ask_behind(const plan& p);
  void on_own_row(outstanding& o, const wire::frame_view& f);
  void ask_ahead(own_query q, const old_keys_query& what, const plan& p, std::string_view bind);

  // session_two_phase.cc
  [[nodiscard]] bool mark_ahead_of(const plan& p);  // true: premark_ is done, or there is none
  [[nodiscard]] bool mark_ahead_of_end(const plan& p);
  [[nodiscard]] mark_action marks_until_end(const plan& p, const witness& w);

  // session_query.cc
  [[nodiscard]] step handle_query(const wire::frame_view& f);
  [[nodiscard]] step query_of_one(const wire::frame_view& f, std::string_view text, const sql::statement& s);
  [[nodiscard]] step query_of_many(const wire::frame_view& f, std::string_view text,
                                   std::shared_ptr<const sql::parsed_text> parsed);
  [[nodiscard]] step query_opaque(const wire::frame_view& f);
  [[nodiscard]] step query_harmless(const wire::frame_view& f, std::string_view text,
                                    const std::shared_ptr<const sql::parsed_text>& parsed);
  void forward_query(const wire::frame_view& f, std::shared_ptr<std::vector<plan>> statements,
                     std::optional<seq_t> commit_of);
  [[nodiscard]] step start_script(std::string_view text, std::shared_ptr<const sql::parsed_text> parsed);
  [[nodiscard]] step run_script();
  void close_in_script(char target, std::string_view name);
  void send_script_statement(const plan_ptr& p, std::string_view text, std::size_t offset, bool last,
                             std::optional<seq_t> commit_of);

  // session_hold.cc
  [[nodiscard]] bool hold_commit(commit_point via);  // true: hold_ is ready
  void ask_witness(own_query which);
  void decide_hold(commit_point via);
  void stage_due_chunk();
  void tell_altered();  // the transaction has ended
  [[nodiscard]] std::optional<seq_t> take_hold();
  void reject_commit();
  [[nodiscard]] bool mark_ahead(const plan* p);  // true: premark_ is done
  [[nodiscard]] std::vector<std::uint64_t> take_premark();
  void drop_premark();
  void end_marks(const outstanding& o);

  // session_answers.cc
  void process_server();
  void break_off();
  [[nodiscard]] bool stream_server();
  void on_server_frame(const wire::frame_view& f);
  void answer_to(outstanding& o, const wire::frame_view& f);
  void answer_to_describe(outstanding& o, const wire::frame_view& f);
  void answer_to_execute(outstanding& o, const wire::frame_view& f);
  void pass_query_answer(outstanding& o, const wire::frame_view& f);
  void imaged_row(outstanding& o, const wire::frame_view& f);
  void on_execute_complete(const wire::frame_view& f);
  void apply_complete(const plan& p, std::string_view tag, std::uint64_t sent_at);
  void on_query_complete(outstanding& o, const wire::frame_view& f);
  void on_error(const wire::frame_view& f);
  void tell_error(const outstanding& o, const wire::frame_view& f);
  void on_skipped(outstanding o, bool failed);
  void note_unfit_image(const outstanding& o, std::string_view sqlstate);
  void on_ready(const wire::frame_view& f);
  void tell_withheld();
  void tell_description();
  void answer_from_portals();
  void decide(std::optional<seq_t>& commit_of, bool committed);
  void note_parameter(const wire::frame_view& f);
  void pass(const wire::frame_view& f) { client_out_.append(f.raw); }

  session_environment env_;
  byte_buffer client_in_;
  byte_buffer client_out_;
  server_leg server_;
  std::vector<action> actions_;

  prepared_statements prepared_;
  transaction transaction_;
  planner planner_;
  lexing lexing_;
  sent_state sent_;
  hold hold_;
  premark premark_;
  std::optional<script> script_;
  copy_in copy_;
  std::string described_;          // RowDescription of a script's statement that has not run yet
  std::string withheld_;           // CommandComplete that waits for the commit
  ripen_action ending_marks_;      // ripe with the next ReadyForQuery
  std::size_t server_stream_ = 0;  // bytes of a passing message that are still to come
  std::size_t client_stream_ = 0;

  std::uint32_t backend_pid_ = 0;
  std::string cancel_key_;
  bool ready_once_ = false;
  bool discarding_ = false;  // after an error: client messages are dropped up to Sync
  bool fail_frame_ = false;  // the message at the front has been answered by an error
  bool own_failed_ = false;  // the same, and legacy skips everything up to the client's Sync
  bool stray_ = false;       // legacy has an unnamed statement that the client's failed Parse has dropped
  bool client_eof_ = false;
  bool terminated_ = false;
  bool blocked_ = false;
  bool closed_ = false;
  bool broken_ = false;
};

}  // namespace pgtandem::proxy
