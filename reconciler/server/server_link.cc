#include "reconciler/server/server_link.h"

#include <string_view>

#include "protocol/catalog/image_sql.h"

namespace pgtandem::reconciler {

namespace {

// row_security=off makes a filtered read an error: a row hidden by a policy must never read as deleted.
// The planner settings keep a lookup of a batch of keys on the index instead of hashing the whole table.
constexpr std::string_view own_settings =
    "SET client_encoding = 'UTF8'; SET row_security = off; SET statement_timeout = 0; SET lock_timeout = "
    "'5s'; "
    "SET idle_in_transaction_session_timeout = 0; SET default_transaction_isolation = 'read committed'; "
    "SET jit = off; SET enable_hashjoin = off; SET enable_mergejoin = off";

}  // namespace

client::connection& server_link::get() {
  if (connection_ && connection_->alive()) return *connection_;
  drop();
  auto fresh = std::make_unique<client::connection>(conninfo_);
  fresh->query_simple(std::string(catalog::pin_settings_sql()));
  fresh->query_simple(std::string(own_settings));
  const std::scoped_lock lock(mutex_);
  connection_ = std::move(fresh);
  return *connection_;
}

void server_link::drop() {
  const std::scoped_lock lock(mutex_);
  connection_.reset();
}

void server_link::abandon() {
  const std::scoped_lock lock(mutex_);
  if (connection_) connection_->abandon();
}

std::string error_text(const client::pg_error& error) {
  const std::string& state = error.sqlstate();
  if (state.starts_with("22") || state.starts_with("23")) return "data error, SQLSTATE " + state;
  return error.what();
}

}  // namespace pgtandem::reconciler
