// An own connection to a PostgreSQL server, blocking, behind RAII. No libpq header is included here.
//
// Not thread-safe; `cancel()` and `abandon()` alone may be called from another thread, while the object lives
// and is not being moved.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace pgtandem::client {

// A failed connection attempt or statement.
class pg_error : public std::runtime_error {
 public:
  pg_error(std::string message, std::string sqlstate, bool connection_lost);
  // Five characters; empty when the server did not answer.
  [[nodiscard]] const std::string& sqlstate() const { return sqlstate_; }
  // Whether the connection is unusable from here on.
  [[nodiscard]] bool connection_lost() const { return connection_lost_; }
  // Whether the same work may succeed later without anybody changing anything: lost connections, classes 08,
  // 40, 53, 55, 57 and 58 of SQLSTATE.
  [[nodiscard]] bool retryable() const;
  // Which statement of a pipeline failed.
  [[nodiscard]] std::optional<std::size_t> statement() const { return statement_; }
  // The pipeline was a part of a longer one, behind so many statements.
  void count_behind(std::size_t statements) {
    if (statement_) *statement_ += statements;
  }
  // The constraint that the server names, empty if none.
  [[nodiscard]] const std::string& constraint() const { return constraint_; }

 private:
  friend class connection;
  std::string sqlstate_;
  std::string constraint_;
  std::optional<std::size_t> statement_;
  bool connection_lost_;
};

// Text result of one statement.
class result {
 public:
  ~result();
  result(result&&) noexcept;
  result& operator=(result&&) noexcept;
  [[nodiscard]] int rows() const;
  [[nodiscard]] int columns() const;
  [[nodiscard]] bool is_null(int row, int column) const;
  // Valid while the result lives. "" for NULL.
  [[nodiscard]] std::string_view at(int row, int column) const;
  [[nodiscard]] std::uint64_t u64(int row, int column) const;  // 0 for NULL
  [[nodiscard]] bool boolean(int row, int column) const;       // 't'
  // Rows that INSERT, UPDATE or DELETE touched.
  [[nodiscard]] std::uint64_t affected() const;

 private:
  friend class connection;
  explicit result(void* pg_result);
  void* pg_result_;
};

using parameter = std::optional<std::string_view>;  // nullopt is NULL; text format

class connection {
 public:
  // Connects; `conninfo` as libpq takes it. Throws pg_error. application_name defaults to "pgtandem".
  // Sets keepalives and a connect timeout of 10 s unless conninfo does; client_encoding is always UTF8.
  explicit connection(const std::string& conninfo);
  ~connection();
  connection(connection&&) noexcept;
  connection& operator=(connection&&) noexcept;

  // One statement with parameters (extended protocol), or several without (simple protocol).
  result query(const std::string& sql, const std::vector<parameter>& params = {});
  result query_simple(const std::string& sql);

  // Sends all statements in one pipeline and one implicit transaction; throws the first error.
  struct statement {
    std::string sql;
    std::vector<parameter> params;
  };
  std::vector<result> pipeline(const std::vector<statement>& statements);

  [[nodiscard]] int server_version() const;  // 150020
  [[nodiscard]] int backend_pid() const;
  [[nodiscard]] bool alive() const;
  // Looks, without waiting, whether the server has closed an idle connection meanwhile.
  [[nodiscard]] bool still_open();
  void cancel();   // thread-safe: asks the server to end the running statement
  void abandon();  // thread-safe: breaks the socket, so that whatever waits on it fails at once

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

// host, port (or Unix socket directory) and dbname that a conninfo names; throws std::invalid_argument with
// libpq's text when it cannot be parsed.
struct endpoint {
  std::string host;  // starts with '/' for a Unix socket directory
  std::string port = "5432";
  std::string dbname;
  std::string user;
  std::string sslmode;
};
[[nodiscard]] endpoint parse_conninfo(const std::string& conninfo);

}  // namespace pgtandem::client
