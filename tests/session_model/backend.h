// A model of one PostgreSQL 15 backend: the protocol's rules (transaction states, skipping up to Sync,
// portals, statements, COPY, when output is flushed) over the model's SQL. Asked by client bytes alone it
// says what legacy would have sent; behind a session under test it is legacy.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/session_model/database.h"
#include "tests/session_model/statement.h"

namespace pgtandem::model {

class backend {
 public:
  backend();

  void receive(std::string_view bytes);
  // What has been flushed since the last call.
  [[nodiscard]] std::string take_output() { return std::exchange(out_, {}); }
  // In no transaction block, nothing under way.
  [[nodiscard]] bool at_rest() const { return block_ == block::none && !copy_in_ && buffer_.empty(); }
  [[nodiscard]] const database& data() const { return db_; }
  [[nodiscard]] std::uint64_t xid() const { return 77 + transaction_; }

  // Called when changes become visible to others, and when a transaction ends without.
  std::function<void(std::uint64_t xid, const std::vector<row_written>&)> on_commit = [](auto, const auto&) {
  };
  // This transaction is prepared for two-phase commit; from then on anybody may end it.
  std::function<void(std::uint64_t xid, const std::vector<row_written>&)> on_prepare = [](auto, const auto&) {
  };
  std::function<void()> on_rollback = [] {};

 private:
  enum class block { none, open, failed };

  struct prepared {
    statement what;
    std::vector<std::string> columns;
    std::size_t parsed_in = 0;  // number of the transaction
  };
  struct portal {
    statement what;
    std::size_t parsed_in = 0;  // of its statement
    std::vector<std::string> columns;
    std::vector<std::optional<std::string>> parameters;
    bool started = false;
    bool done = false;             // cannot be run again
    std::deque<std::string> rows;  // DataRow messages not yet given
    std::string tag;               // of a statement without rows of its own
    std::string tag_word;          // of one with rows
  };
  using rows_out = std::deque<std::string>;

  // backend.cc: messages
  void message(char type, std::string_view body);
  void on_parse(std::string_view body);
  void on_bind(std::string_view body);
  void on_describe(std::string_view body);
  void on_execute(std::string_view body);
  void refuse_leftover(const portal* p, std::string_view name) const;
  void on_close(std::string_view body);
  void on_function_call(std::string_view body);
  void on_query(std::string_view body);
  void on_copy(char type, std::string_view body);
  void continue_query();
  void fetch(portal& p, std::int32_t limit);
  void fail(char type, const sql_error& e);
  void ready();
  void emit_notice(const char* sqlstate, const char* text);
  void emit_description(const std::vector<std::string>& columns);
  void emit_complete(const std::string& tag);
  void flush() { out_ += std::exchange(pending_, {}); }

  // backend_run.cc: statements
  [[nodiscard]] std::vector<std::string> analyze(const statement& s) const;
  void require_table(const statement& s) const;
  // Runs; the tag, without its count where there are rows. Rows are appended.
  [[nodiscard]] std::string run(const statement& s, const std::vector<std::optional<std::string>>& parameters,
                                rows_out& rows);
  [[nodiscard]] std::string run_dml(const statement& s, const std::string& value, rows_out& rows);
  [[nodiscard]] std::string run_control(const statement& s);
  [[nodiscard]] std::string run_session_command(const statement& s, rows_out& rows);
  [[nodiscard]] std::string run_own(const statement& s,
                                    const std::vector<std::optional<std::string>>& parameters,
                                    rows_out& rows);
  [[nodiscard]] std::string run_own_copied_rows(const statement& s, const std::string& keys, rows_out& rows);
  [[nodiscard]] std::string run_part(const statement& s, rows_out& rows);
  [[nodiscard]] std::string run_own_noted_rows(rows_out& rows);
  void prevent_in_block(const char* what) const;
  void commit();
  void abort();
  void finish_implicit() {
    if (block_ == block::none) commit();
  }

  database db_;
  block block_ = block::none;
  bool several_ = false;  // the implicit block of a Query with several statements
  // Whether something else than the statement at hand is under way in this implicit transaction. PostgreSQL
  // looks at what was executed; the model also at what was parsed and bound, since the session may have
  // asked for a name there.
  [[nodiscard]] bool pipelining() const { return executed_ || parses_ > own_parses_; }
  bool executed_ = false;
  std::size_t parses_ = 0;
  std::size_t own_parses_ = 0;   // of the statement at hand, its Bind included
  std::size_t transaction_ = 1;  // number of the present one
  bool skipping_ = false;
  bool copy_in_ = false;
  bool querying_ = false;  // a Query is being run
  statement copied_;
  std::size_t copied_rows_ = 0;
  std::deque<piece> query_;
  std::string query_text_;
  bool query_several_ = false;
  std::map<std::string, prepared> statements_;
  std::map<std::string, portal> portals_;
  std::string buffer_;
  std::string pending_;
  std::string out_;
};

}  // namespace pgtandem::model
