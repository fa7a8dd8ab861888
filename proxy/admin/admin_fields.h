// The fields of the admin API's structs, once: visit(v, s) calls v(name, field, need) for each. A writer and
// a reader are two such visitors (admin_json.cc). Private to it.
#pragma once

#include <concepts>
#include <type_traits>

#include "proxy/admin/admin_server.h"

namespace pgtandem::proxy::fields {

enum class need { required, optional };

// S is T or const T.
template <class S, class T>
concept some = std::same_as<std::remove_const_t<S>, T>;

template <class V, some<mark_status> S>
void visit(V& v, S& s) {
  v("id", s.id);
  v("table", s.table);
  v("scope", s.scope);
  v("keys", s.keys);
  v("reason", s.reason);
  v("ripe", s.ripe);
  v("backend_pid", s.backend_pid);
  v("created_unix_ms", s.created_unix_ms);
  v("merged", s.merged);
}

template <class V, some<parked_status> S>
void visit(V& v, S& s) {
  v("id", s.id);
  v("table", s.table);
  v("key", s.key);
  v("seq", s.seq);
  v("sqlstate", s.sqlstate);
  v("reason", s.reason);
  v("in_the_way", s.in_the_way);
  v("since_unix_ms", s.since_unix_ms);
  v("attempts", s.attempts);
}

template <class V, some<refused_table> S>
void visit(V& v, S& s) {
  v("table", s.table);
  v("reasons", s.reasons);
}

template <class V, some<heal_status> S>
void visit(V& v, S& s) {
  v("table", s.table);
  v("rows_read", s.rows_read);
  v("rows_written", s.rows_written);
  v("pass_rows", s.pass_rows);
  v("pass_estimate", s.pass_estimate);
  v("pass_resumed", s.pass_resumed);
  v("running", s.running);
  v("error", s.error);
}

template <class V, some<database_status> S>
void visit(V& v, S& s) {
  v("name", s.name);
  v("prepared", s.prepared);
  v("applied", s.applied);
  v("undecided", s.undecided);
  v("target_connected", s.target_connected);
  v("halted", s.halted);
  v("degraded", s.degraded);
  v("error", s.error);
  v("sessions", s.sessions);
  v("transactions", s.transactions);
  v("images", s.images);
  v("marks_made", s.marks_made);
  v("mirrored", s.mirrored);
  v("refused", s.refused);
  v("marks", s.marks);
  v("parked", s.parked);
  v("heals", s.heals);
}

template <class V, some<daemon_status> S>
void visit(V& v, S& s) {
  v("version", s.version);
  v("outbox_id", s.outbox_id);
  v("outbox_bytes", s.outbox_bytes);
  v("state", s.state);
  v("databases", s.databases);
}

template <class V, some<fence_reply> S>
void visit(V& v, S& s) {
  v("seq", s.seq);
  v("marks", s.marks);
}

template <class V, some<heal_request> S>
void visit(V& v, S& s) {
  v("database", s.database);
  v("table", s.table);
  v("all", s.all, need::optional);
  v("keys", s.keys, need::optional);
}

template <class V, some<retry_request> S>
void visit(V& v, S& s) {
  v("database", s.database);
}

template <class V, some<retry_reply> S>
void visit(V& v, S& s) {
  v("keys", s.keys);
  v("error", s.error);
}

template <class V, some<heal_reply> S>
void visit(V& v, S& s) {
  v("marks", s.marks);
  v("error", s.error);
}

}  // namespace pgtandem::proxy::fields
