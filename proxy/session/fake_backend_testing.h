// A small model of a PostgreSQL backend for tests of the session: understands just enough SQL to keep
// transaction state and to answer as the real one would. It notes when a transaction that wrote commits.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pgtandem::proxy::testing {

class fake_backend {
 public:
  // Feeds bytes as a socket would; answers are appended to `out`.
  void receive(std::string_view bytes, std::string& out);

  // Called when a transaction commits; the texts of the writing statements it ran.
  std::function<void(const std::vector<std::string>&)> on_commit;
  // Statements containing "bad" fail when they are executed; commits fail while this is set.
  bool fail_commits = false;
  std::string behind_commit;  // messages sent after a commit that wrote
  bool terminated = false;    // the client has said goodbye
  // What the locks witness reports, as oids.
  std::string write_locked = "100";
  // Which of catalog::column_needs the session does not meet, as a number.
  std::string unmet = "0";
  std::string oid = "100";  // what every name means
  bool temporary = false;
  bool may_select = true;
  bool has_rules = false;                   // on writes of the table
  std::map<std::string, std::string> oids;  // of names that mean something else
  bool may_lock = true;                     // the session's role its rows
  bool has_children = false;                // tables that inherit
  // The next image row's content.
  std::string image = R"(J100 {"id":1,"v":"x"})";
  // What the queries ahead of a removal find.
  bool read_committed = true;
  int removed_rows = 1;
  std::vector<std::string> cascaded_keys;
  // What the query for old keys finds.
  std::vector<std::string> old_keys;
  // What the own query behind a statement with parts in WITH reads.
  std::vector<std::pair<std::string, std::optional<std::string>>> noted;
  std::vector<std::int16_t> result_formats;  // of the last Bind but own queries
  std::vector<std::string> parsed;           // texts of Parse messages, own queries among them
  std::vector<std::string> executed;         // texts, in order, own queries left out

 private:
  void message(char type, std::string_view body, std::string& out);
  void on_bind(std::string_view body, std::string& out);
  [[nodiscard]] std::string resolved(const std::string& text) const;
  void describe(const std::string& given, std::string& out) const;
  bool execute(std::string text, bool describe_rows, std::string& out);
  void rows_of(const std::string& text, std::string& out);
  bool control(const std::string& text, std::string& out);
  bool finish_transaction(std::string& out);
  void error(std::string_view sqlstate, const std::string& text, std::string& out);
  void ready(std::string& out);

  std::string buffer_;
  std::map<std::string, std::string> statements_;
  std::map<std::string, std::string> portals_;
  std::string first_parameter_;  // of the last Bind
  std::map<std::string, std::string> saves_;
  std::vector<std::string> writes_;
  bool in_block_ = false;
  bool failed_ = false;
  bool skipping_ = false;
  bool startup_done_ = false;
};

}  // namespace pgtandem::proxy::testing
