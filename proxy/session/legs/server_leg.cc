#include "proxy/session/legs/server_leg.h"

#include <string>

#include "protocol/wire/frontend/bind.h"
#include "protocol/wire/frontend/close.h"
#include "protocol/wire/frontend/execute.h"
#include "protocol/wire/frontend/flush.h"
#include "protocol/wire/frontend/parse.h"
#include "protocol/wire/frontend/sync.h"

namespace pgtandem::proxy {
namespace {

// The portal of own queries: the client's unnamed portal may still be in use.
constexpr std::string_view own_portal = "_pgtandem";

bool names_a_statement(const outstanding& o) {
  return o.to == audience::client && (o.what == request::parse || o.what == request::query);
}

}  // namespace

bool server_leg::may_yet_rename(std::string_view name) const {
  if (naming_ == 0 || ready_owed_ == 0) return false;
  bool earlier_batch = false;
  for (auto o = queue_.rbegin(); o != queue_.rend(); ++o) {
    earlier_batch |= answers_ready(o->what);
    if (!names_a_statement(*o)) continue;
    if (o->what == request::parse ? o->name == name
                                  : name.empty() || o->prepares != nullptr || o->statements != nullptr)
      return earlier_batch;
  }
  return false;
}

void server_leg::forward(std::string_view raw, outstanding answer) {
  if (names_a_statement(answer)) ++naming_;
  out.append(raw);
  if (answers_ready(answer.what)) ++ready_owed_;
  queue_.push_back(std::move(answer));
}

struct server_leg::own_messages {
  server_leg& leg;
  own_query q;
  audience to;
  std::uint64_t names_generation;
  std::string bytes;

  template <class Message>
  void add(request what, const Message& m, outstanding o = {}) {
    wire::encode(m, bytes);
    o.what = what;
    o.to = to;
    o.own = q;
    o.names_generation = names_generation;
    leg.queue_.push_back(std::move(o));
  }
  void prepare(std::string_view sql, const std::vector<std::uint32_t>& parameter_types) {
    // Close first: it never fails, and the name may still be taken from before.
    add(request::close, wire::close{'S', own_statement_name(q)});
    add(request::parse, wire::parse{own_statement_name(q), sql, parameter_types});
  }
  void run(wire::bind values, outstanding ran = {}) {
    values.portal = own_portal;
    values.statement = own_statement_name(q);
    add(request::bind, values);
    add(request::execute, wire::execute{own_portal, 0}, std::move(ran));
    add(request::close, wire::close{'P', own_portal});
  }
};

void server_leg::ask(own_query q, std::span<const std::optional<std::string_view>> parameters, audience to,
                     std::uint64_t names_generation) {
  own_messages messages{*this, q, to, names_generation, {}};
  if (!prepared_[static_cast<std::size_t>(q)]) messages.prepare(own_statement_sql(q), {});
  wire::bind values;
  values.parameters.assign(parameters.begin(), parameters.end());
  messages.run(std::move(values));
  out.append(messages.bytes);
}

void server_leg::ask_once(own_query q, std::string_view sql,
                          const std::vector<std::uint32_t>& parameter_types, wire::bind values,
                          outstanding ran) {
  own_messages messages{*this, q, ran.to, 0, {}};
  messages.prepare(sql, parameter_types);
  messages.run(std::move(values), std::move(ran));
  out.append(messages.bytes);
}

void server_leg::flush() {
  std::string bytes;
  wire::encode(wire::flush{}, bytes);
  out.append(bytes);
}

void server_leg::sync(outstanding answer) {
  std::string bytes;
  wire::encode(wire::sync{}, bytes);
  answer.what = request::sync;
  forward(bytes, std::move(answer));
}

void server_leg::replace_previous(const outstanding& failed) {
  // Others than those that were to give a name its meaning carry what it means as well.
  const plan_ptr made = failed.prepares                 ? failed.prepares
                        : failed.what == request::parse ? failed.statement
                                                        : nullptr;
  const auto bound = failed.what == request::bind ? failed.portal : nullptr;
  for (outstanding& later : queue_) {
    if (made && later.previous == made) later.previous = failed.previous;
    if (bound && later.previous_portal == bound) later.previous_portal = failed.previous_portal;
  }
}

outstanding server_leg::pop() {
  outstanding o = std::move(queue_.front());
  queue_.pop_front();
  if (answers_ready(o.what)) --ready_owed_;
  if (names_a_statement(o)) --naming_;
  return o;
}

std::vector<outstanding> server_leg::skip_to_sync(bool& hit_sync) {
  std::vector<outstanding> skipped;
  hit_sync = false;
  while (!queue_.empty()) {
    if (queue_.front().what == request::sync) {
      hit_sync = true;
      break;
    }
    skipped.push_back(pop());
  }
  return skipped;
}

std::vector<outstanding> server_leg::abandon() {
  std::vector<outstanding> all;
  while (!queue_.empty()) all.push_back(pop());
  return all;
}

}  // namespace pgtandem::proxy
