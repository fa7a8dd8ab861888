#include "outbox/applier/refusals.h"

#include <set>

namespace pgtandem::outbox {

bool is_schema_error(const client::pg_error& e) {
  // undefined table, column, object, function; datatype mismatch, cannot coerce; no unique index for ON
  // CONFLICT
  static const std::set<std::string> states = {"42P01", "42703", "42704", "42883", "42804", "42846", "42P10"};
  return states.contains(e.sqlstate());
}

bool is_worth_retrying(const client::pg_error& e) {
  return e.retryable() || e.sqlstate() == "25006";
}

bool is_row_refusal(const client::pg_error& e) {
  // a row twice in one statement; data exceptions; constraints; WITH CHECK OPTION; too long for an index;
  // raised by a function
  static const std::set<std::string> classes = {"21", "22", "23", "44", "54", "P0"};
  return !e.retryable() && classes.contains(e.sqlstate().substr(0, 2));
}

bool is_unique_conflict(const client::pg_error& e) {
  return e.sqlstate() == "23505" || e.sqlstate() == "23P01";
}

}  // namespace pgtandem::outbox
