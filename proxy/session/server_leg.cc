#include "proxy/session/server_leg.h"

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

}  // namespace

namespace {

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

void server_leg::ask(own_query q, std::span<const std::optional<std::string_view>> parameters, audience to,
                     std::uint64_t names_generation) {
  const std::string_view name = own_statement_name(q);
  std::string bytes;
  const auto owe_own = [&](request what) {
    outstanding o;
    o.what = what;
    o.to = to;
    o.own = q;
    o.names_generation = names_generation;
    queue_.push_back(std::move(o));
  };
  if (!prepared_[static_cast<std::size_t>(q)]) {
    // Close first: it never fails, and the name may still be taken from before.
    wire::encode(wire::close{'S', name}, bytes);
    owe_own(request::close);
    wire::encode(wire::parse{name, own_statement_sql(q), {}}, bytes);
    owe_own(request::parse);
  }
  wire::bind bind;
  bind.portal = own_portal;
  bind.statement = name;
  bind.parameters.assign(parameters.begin(), parameters.end());
  wire::encode(bind, bytes);
  owe_own(request::bind);
  wire::encode(wire::execute{own_portal, 0}, bytes);
  owe_own(request::execute);
  wire::encode(wire::close{'P', own_portal}, bytes);
  owe_own(request::close);
  out.append(bytes);
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
