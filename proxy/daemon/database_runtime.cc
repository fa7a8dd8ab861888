#include "proxy/daemon/database_runtime.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <condition_variable>
#include <future>
#include <mutex>

#include "proxy/daemon/heal_keys.h"

namespace pgtandem::proxy {
namespace {

std::string display(const change::table_name& t) {
  return t.schema + "." + t.name;
}

std::vector<outbox::mark_id> typed(const std::vector<std::uint64_t>& ids) {
  std::vector<outbox::mark_id> marks;
  for (const auto id : ids) marks.emplace_back(id);
  return marks;
}

mark_status to_status(const outbox::open_mark& m) {
  return {.id = m.id.value,
          .table = display(m.mark.table),
          .scope = m.mark.scope == change::mark_scope::table ? "table" : "keys",
          .keys = m.mark.keys.size(),
          .reason = m.mark.reason,
          .ripe = m.ripe,
          .created_unix_ms = m.created_unix_ms,
          .merged = m.merged};
}

}  // namespace

database_runtime::database_runtime(const database_config& database, const config& all, outbox::log& log)
    : config_(database),
      log_(log),
      partition_(log.partition_of(database.name)),
      legacy_(client::parse_conninfo(database.legacy)),
      mirrored_file_(all.outbox_path + "/mirrored-" + database.name + ".json"),
      degraded_bit_(database.target, all.outbox_path + "/degraded-" + database.name, log.id()),
      life_(database.legacy),
      ripener_(log, database.legacy),
      catalog_({.database = database.name,
                .legacy = database.legacy,
                .target = database.target,
                .filter = {database.include, database.exclude},
                .on_change = [this](const mirrored_catalog& c) { on_catalog(c); },
                .on_target = [this](client::connection& c) { on_target(c); }}),
      guard_(log, database.on_outbox_failure, all.outbox_commit_deadline,
             {.degrade = [this](const std::string& reason) { return degraded_bit_.set(reason); },
              .recover = [this] { return mark_every_table("commits went without records"); },
              .recovered = [this] { degraded_bit_.clear(); }}),
      relay_(log, life_,
             {.conninfo = database.target,
              .outbox_id = log.id(),
              .partition = partition_,
              .database = database.name}),
      healer_(log, life_,
              {.legacy = database.legacy,
               .target = database.target,
               .partition = partition_,
               .filter = {database.include, database.exclude},
               .applied = [this] { return relay_.state().applied; }}),
      settler_(log, life_, database.legacy, partition_) {
  // A new log knows of no table, whatever was noted for the one before it.
  if (log.created()) mirrored_file_.remove();
}

database_runtime::~database_runtime() {
  stop();
}

bool database_runtime::start(const std::function<bool()>& give_up) {
  ripener_.start();
  if (!catalog_.start(give_up)) return false;
  if (degraded_bit_.in_file() && mark_every_table("commits went without records")) degraded_bit_.clear();
  (void)life_.current();
  life_watch_ = std::jthread([this](const std::stop_token& stop) { watch_life(stop); });
  guard_.start();
  relay_.start();
  settler_.start();
  healer_.start();
  return true;
}

// Notices a restart of legacy while nothing is published.
void database_runtime::watch_life(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any never;
  while (!stop.stop_requested()) {
    std::unique_lock lock(mutex);
    never.wait_for(lock, stop, std::chrono::seconds(1), [] { return false; });
    if (!stop.stop_requested()) (void)life_.current();
  }
}

void database_runtime::stop() {
  if (life_watch_.joinable()) {
    life_watch_.request_stop();
    life_watch_.join();
  }
  healer_.stop();
  settler_.stop();
  relay_.stop();
  guard_.stop();
  catalog_.stop();
  ripener_.stop();
}

// A table that was not mirrored before has rows that no record carried.
void database_runtime::on_catalog(const mirrored_catalog& catalog) {
  std::set<change::table_name> now;
  for (const auto& r : catalog.relations()) now.insert(r.name);
  const std::set<change::table_name> before = mirrored_file_.load();
  std::vector<change::table_name> fresh;
  std::set_difference(now.begin(), now.end(), before.begin(), before.end(), std::back_inserter(fresh));
  if (!fresh.empty() && config_.initial_heal && !mark_tables(fresh, "newly mirrored"))
    throw std::runtime_error("the outbox does not take the marks of newly mirrored tables");
  if (now != before) mirrored_file_.store(now);
  relay_.forget_catalog();
}

void database_runtime::on_target(client::connection& target) {
  if (guard_.degraded() || !degraded_bit_.on_target(target)) return;
  if (mark_every_table("commits went without records")) degraded_bit_.clear();
}

bool database_runtime::mark_tables(const std::vector<change::table_name>& tables, const std::string& reason) {
  std::vector<change::mark> marks;
  for (const auto& t : tables) marks.push_back({t, change::mark_scope::table, {}, reason});
  std::promise<std::optional<std::vector<outbox::mark_id>>> answered;
  log_.add_marks(partition_, std::move(marks), false,
                 [&answered](std::vector<outbox::mark_id> ids, std::optional<outbox::log_error> error) {
                   answered.set_value(error ? std::nullopt : std::optional(std::move(ids)));
                 });
  auto ids = answered.get_future().get();
  if (!ids) return false;
  marks_made_ += ids->size();
  ripener_.after_present_transactions(std::move(*ids));
  return true;
}

bool database_runtime::mark_every_table(const std::string& reason) {
  std::vector<change::table_name> all;
  for (const auto& r : catalog_.mirrored()->relations()) all.push_back(r.name);
  return all.empty() || mark_tables(all, reason);
}

session_environment database_runtime::environment() {
  session_environment e;
  e.catalog = [this] { return catalog_.mirrored(); };
  e.partition = partition_;
  return e;
}

void database_runtime::prepare(change::record record, std::function<void(prepare_outcome)> done) {
  // The life in which the backend will answer the commit, or an earlier one, which costs a heal: a backend of
  // an earlier life than this cannot answer any more.
  record.incarnation = life_.last_seen();
  ++transactions_;
  images_ += record.changes.size();
  marks_made_ += record.marks.size();
  guard_.prepare(std::move(record), std::move(done));
}

void database_runtime::decide(seq_t seq, bool committed) {
  log_.decide(seq, committed ? outbox::decision::committed : outbox::decision::aborted);
}

void database_runtime::in_doubt(seq_t seq) {
  log_.report_in_doubt(seq);
}

void database_runtime::add_marks(std::vector<change::mark> marks,
                                 std::function<void(std::vector<std::uint64_t>, std::string)> done) {
  marks_made_ += marks.size();
  guard_.add_marks(partition_, std::move(marks), std::move(done));
}

void database_runtime::ripen(std::vector<std::uint64_t> marks) {
  log_.ripen(typed(marks));
}

void database_runtime::orphan(std::vector<std::uint64_t> marks, std::uint32_t backend_pid) {
  ripener_.after_backend(typed(marks), backend_pid);
}

database_status database_runtime::status() const {
  database_status s;
  s.name = config_.name;
  const auto relay = relay_.state();
  s.prepared = log_.last_prepared(partition_).value;
  s.applied = relay.applied.value;
  s.undecided = log_.undecided(partition_);
  s.target_connected = relay.applier.connected;
  s.halted = relay.applier.halted;
  s.degraded = guard_.degraded();
  for (const std::string& error : {log_.failure(), relay.applier.error, settler_.error(), healer_.error()})
    if (s.error.empty()) s.error = error;
  s.sessions = sessions_;
  s.transactions = transactions_;
  s.images = images_;
  s.marks_made = marks_made_;
  for (const auto& r : catalog_.mirrored()->relations()) s.mirrored.push_back(display(r.name));
  for (const auto& r : catalog_.refused()) s.refused.push_back({display(r.table), r.reasons});
  for (const auto& m : log_.marks(partition_)) s.marks.push_back(to_status(m));
  for (const auto& h : healer_.progress())
    s.heals.push_back({display(h.table), h.rows_read, h.rows_written, h.running, h.error});
  return s;
}

fence_reply database_runtime::fence() const {
  fence_reply reply;
  reply.seq = log_.last_prepared(partition_).value;
  for (const auto& m : log_.marks(partition_)) reply.marks.push_back(m.id.value);
  return reply;
}

heal_reply database_runtime::heal(const heal_request& request) {
  heal_reply reply;
  const catalog::relation* relation = nullptr;
  const auto catalog = catalog_.mirrored();
  for (const auto& r : catalog->relations())
    if (display(r.name) == request.table || (r.name.schema == "public" && r.name.name == request.table))
      relation = &r;
  if (relation == nullptr) {
    reply.error = request.table + " is not a mirrored table; `pgtandem status` lists them";
    return reply;
  }
  change::mark mark{relation->name, change::mark_scope::table, {}, "asked for"};
  if (!request.all) {
    mark.scope = change::mark_scope::keys;
    for (const auto& text : request.keys) {
      auto key = key_of_text(config_.legacy, *relation, text);
      if (!key.error.empty()) return {.marks = {}, .error = key.error};
      mark.keys.push_back(std::move(key.canonical));
    }
  }
  std::promise<void> answered;
  log_.add_marks(partition_, {std::move(mark)}, true,
                 [&](std::vector<outbox::mark_id> ids, std::optional<outbox::log_error> error) {
                   for (const auto id : ids) reply.marks.push_back(id.value);
                   if (error) reply.error = error->message;
                   answered.set_value();
                 });
  answered.get_future().wait();
  return reply;
}

}  // namespace pgtandem::proxy
