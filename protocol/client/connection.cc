#include "protocol/client/connection.h"

#include <fcntl.h>
#include <libpq-fe.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <utility>

#include "protocol/client/conninfo.h"

namespace pgtandem::client {

namespace {

using result_ptr = std::unique_ptr<PGresult, decltype(&PQclear)>;

// On one line, as it goes to logs.
std::string trimmed(const char* text) {
  std::string s;
  for (const char* c = text; c != nullptr && *c != '\0'; ++c) {
    if (*c != '\n' && *c != '\t') {
      s += *c;
    } else if (!s.empty() && s.back() != ' ') {
      s += ' ';
    }
  }
  while (!s.empty() && s.back() == ' ') s.pop_back();
  return s;
}

void ignore_notice(void*, const PGresult*) {}

const char* field(const PGresult* r, int code) {
  const char* text = PQresultErrorField(r, code);
  return text != nullptr ? text : "";
}

bool is_error(ExecStatusType status) {
  return status == PGRES_FATAL_ERROR || status == PGRES_BAD_RESPONSE;
}

}  // namespace

pg_error::pg_error(std::string message, std::string sqlstate, bool connection_lost)
    : std::runtime_error(std::move(message)),
      sqlstate_(std::move(sqlstate)),
      connection_lost_(connection_lost) {}

bool pg_error::retryable() const {
  if (connection_lost_) return true;
  for (const std::string_view c : {"08", "40", "53", "55", "57", "58"}) {
    if (std::string_view(sqlstate_).substr(0, 2) == c) return true;
  }
  return false;
}

result::result(void* pg_result) : pg_result_(pg_result) {}
result::~result() {
  PQclear(static_cast<PGresult*>(pg_result_));
}
result::result(result&& other) noexcept : pg_result_(std::exchange(other.pg_result_, nullptr)) {}
result& result::operator=(result&& other) noexcept {
  std::swap(pg_result_, other.pg_result_);
  return *this;
}
int result::rows() const {
  return PQntuples(static_cast<PGresult*>(pg_result_));
}
int result::columns() const {
  return PQnfields(static_cast<PGresult*>(pg_result_));
}
bool result::is_null(int row, int column) const {
  return PQgetisnull(static_cast<PGresult*>(pg_result_), row, column) != 0;
}
std::string_view result::at(int row, int column) const {
  auto* r = static_cast<PGresult*>(pg_result_);
  const char* value = PQgetvalue(r, row, column);
  if (value == nullptr) return {};
  return {value, static_cast<std::size_t>(PQgetlength(r, row, column))};
}
std::uint64_t result::u64(int row, int column) const {
  const auto text = at(row, column);
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}
bool result::boolean(int row, int column) const {
  return at(row, column) == "t";
}
std::uint64_t result::affected() const {
  const char* text = PQcmdTuples(static_cast<PGresult*>(pg_result_));
  std::uint64_t value = 0;
  std::from_chars(text, text + std::strlen(text), value);
  return value;
}

struct connection::impl {
  PGconn* conn = nullptr;
  PGcancel* cancel = nullptr;
  // A duplicate for abandon(): libpq may close its own descriptor meanwhile, and the number be given away.
  int socket = -1;
  bool usable = true;

  ~impl() {
    PQfreeCancel(cancel);
    PQfinish(conn);
    if (socket >= 0) ::close(socket);
  }

  void connect(const std::string& conninfo);
  [[nodiscard]] bool lost() const { return !usable || PQstatus(conn) != CONNECTION_OK; }
  [[noreturn]] void fail_connection() {
    usable = false;
    throw pg_error(trimmed(PQerrorMessage(conn)), "", true);
  }
  [[nodiscard]] pg_error error_of(const PGresult* r);
  result_ptr checked(PGresult* r);
  void flush_and_receive();
  void wait_result();
};

void connection::impl::connect(const std::string& conninfo) {
  conninfo_values values;
  try {
    values = with_connection_defaults(conninfo_to_values(conninfo));
  } catch (const std::invalid_argument& e) {
    throw pg_error(e.what(), "", true);
  }
  std::vector<const char*> keys;
  std::vector<const char*> texts;
  for (const auto& [key, value] : values) {
    keys.push_back(key.c_str());
    texts.push_back(value.c_str());
  }
  keys.push_back(nullptr);
  texts.push_back(nullptr);
  conn = PQconnectdbParams(keys.data(), texts.data(), 0);
  if (conn == nullptr) throw pg_error("out of memory", "", true);
  if (PQstatus(conn) != CONNECTION_OK) fail_connection();
  PQsetNoticeReceiver(conn, &ignore_notice, nullptr);
  cancel = PQgetCancel(conn);
  socket = ::fcntl(PQsocket(conn), F_DUPFD_CLOEXEC, 0);
}

pg_error connection::impl::error_of(const PGresult* r) {
  const bool is_lost = lost();
  if (is_lost) usable = false;
  std::string message = trimmed(field(r, PG_DIAG_MESSAGE_PRIMARY));
  if (message.empty()) message = trimmed(r != nullptr ? PQresultErrorMessage(r) : PQerrorMessage(conn));
  // The detail is left out: it quotes rows, and messages end up in logs.
  pg_error e(std::move(message), field(r, PG_DIAG_SQLSTATE), is_lost);
  e.constraint_ = field(r, PG_DIAG_CONSTRAINT_NAME);
  return e;
}

result_ptr connection::impl::checked(PGresult* r) {
  result_ptr owned(r, &PQclear);
  if (r == nullptr) fail_connection();
  const auto status = PQresultStatus(r);
  if (is_error(status)) throw error_of(r);
  if (status == PGRES_COPY_IN || status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH) {
    usable = false;  // left in a state that nothing here leads out of
    throw pg_error("COPY is not supported on this connection", "", true);
  }
  return owned;
}

// Sends what is buffered and reads what comes meanwhile: a server that waits to send does not receive.
void connection::impl::flush_and_receive() {
  for (;;) {
    const int left = PQflush(conn);
    if (left < 0) fail_connection();
    if (left == 0) return;
    pollfd p{PQsocket(conn), POLLIN | POLLOUT, 0};
    if (poll(&p, 1, -1) < 0 && errno != EINTR) fail_connection();
    if ((p.revents & (POLLIN | POLLERR | POLLHUP)) != 0 && PQconsumeInput(conn) == 0) fail_connection();
  }
}

void connection::impl::wait_result() {
  while (PQisBusy(conn) != 0) {
    pollfd p{PQsocket(conn), POLLIN, 0};
    if (poll(&p, 1, -1) < 0 && errno != EINTR) fail_connection();
    if (p.revents != 0 && PQconsumeInput(conn) == 0) fail_connection();
  }
}

connection::connection(const std::string& conninfo) : impl_(std::make_unique<impl>()) {
  impl_->connect(conninfo);
}
connection::~connection() = default;
connection::connection(connection&&) noexcept = default;
connection& connection::operator=(connection&&) noexcept = default;

result connection::query(const std::string& sql, const std::vector<parameter>& params) {
  if (params.empty()) return query_simple(sql);
  std::vector<std::string> kept;
  kept.reserve(params.size());
  std::vector<const char*> values;
  for (const auto& p : params) {
    values.push_back(p ? kept.emplace_back(*p).c_str() : nullptr);
  }
  return result(impl_
                    ->checked(PQexecParams(impl_->conn, sql.c_str(), static_cast<int>(values.size()), nullptr,
                                           values.data(), nullptr, nullptr, 0))
                    .release());
}

result connection::query_simple(const std::string& sql) {
  return result(impl_->checked(PQexec(impl_->conn, sql.c_str())).release());
}

std::vector<result> connection::pipeline(const std::vector<statement>& statements) {
  auto& c = *impl_;
  if (c.lost()) c.fail_connection();
  if (PQenterPipelineMode(c.conn) == 0 || PQsetnonblocking(c.conn, 1) != 0) c.fail_connection();
  for (const auto& s : statements) {
    // Text parameters have to end with a zero byte: views need not, so short-lived copies are taken.
    std::vector<std::string> kept;
    kept.reserve(s.params.size());
    std::vector<const char*> values;
    for (const auto& p : s.params) values.push_back(p ? kept.emplace_back(*p).c_str() : nullptr);
    if (PQsendQueryParams(c.conn, s.sql.c_str(), static_cast<int>(values.size()), nullptr, values.data(),
                          nullptr, nullptr, 0) == 0) {
      c.fail_connection();
    }
    c.flush_and_receive();
  }
  if (PQpipelineSync(c.conn) == 0) c.fail_connection();
  c.flush_and_receive();

  std::vector<result> results;
  std::optional<pg_error> first_error;
  for (std::size_t ended = 0;;) {
    c.wait_result();
    result_ptr r(PQgetResult(c.conn), &PQclear);
    if (!r) {
      if (PQstatus(c.conn) != CONNECTION_OK || ended++ >= statements.size()) c.fail_connection();
      continue;
    }
    const auto status = PQresultStatus(r.get());
    if (status == PGRES_PIPELINE_SYNC) break;
    if (status == PGRES_PIPELINE_ABORTED) continue;
    if (is_error(status)) {
      if (!first_error) {
        first_error = c.error_of(r.get());
        first_error->statement_ = ended;
      }
      if (c.lost()) throw *first_error;
      continue;
    }
    results.push_back(result(r.release()));
  }
  if (PQexitPipelineMode(c.conn) == 0 || PQsetnonblocking(c.conn, 0) != 0) c.fail_connection();
  if (first_error) throw *first_error;
  return results;
}

int connection::server_version() const {
  return PQserverVersion(impl_->conn);
}
int connection::backend_pid() const {
  return PQbackendPID(impl_->conn);
}
bool connection::alive() const {
  return impl_ && !impl_->lost();
}

bool connection::still_open() {
  if (!alive()) return false;
  pollfd p{PQsocket(impl_->conn), POLLIN, 0};
  if (poll(&p, 1, 0) <= 0) return true;
  // What a server says unasked before it closes, and then the end itself.
  if (PQconsumeInput(impl_->conn) == 0 || (p.revents & (POLLHUP | POLLERR)) != 0) impl_->usable = false;
  char byte = 0;
  if (::recv(impl_->socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0) impl_->usable = false;
  return impl_->usable;
}

void connection::cancel() {
  char message[256];
  if (impl_->cancel != nullptr) PQcancel(impl_->cancel, message, sizeof message);
}

void connection::abandon() {
  if (impl_->socket >= 0) ::shutdown(impl_->socket, SHUT_RDWR);
}

}  // namespace pgtandem::client
