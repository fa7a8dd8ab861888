#include "proxy/daemon/database_runtime.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <future>

#include "protocol/change/display.h"
#include "protocol/planted_bug.h"
#include "proxy/daemon/heal_keys.h"
#include "proxy/daemon/pause.h"

namespace pgtandem::proxy {
namespace {

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
          .backend_pid = m.on_legacy && !m.ripe ? m.on_legacy->backend_pid : 0,
          .created_unix_ms = m.created_unix_ms,
          .merged = m.merged};
}

parked_status to_status(const outbox::parked_key& p) {
  return {.id = p.id,
          .table = display(p.table),
          .key = p.key,
          .seq = p.seq.value,
          .sqlstate = p.sqlstate,
          .reason = p.reason,
          .in_the_way = p.in_the_way,
          .since_unix_ms = p.since_unix_ms,
          .attempts = p.attempts};
}

}  // namespace

database_runtime::database_runtime(const database_config& database, const config& all, outbox::log& log)
    : config_(database),
      log_(log),
      partition_(log.partition_of(database.name)),
      chunk_bytes_(all.outbox_chunk),
      legacy_(client::parse_conninfo(database.legacy)),
      mirrored_file_(all.outbox_path + "/mirrored-" + database.name + ".json"),
      carriers_file_(all.outbox_path + "/carriers-" + database.name + ".json"),
      history_(database.on_ddl, {database.include, database.exclude}),
      degraded_bit_(database.target, all.outbox_path + "/degraded-" + database.name, log.id()),
      life_(database.legacy),
      ripener_(log, partition_, database.legacy),
      ddl_gate_({.database = database.name,
                 .legacy = database.legacy,
                 .look_again = [this] { catalog_.refresh(); }}),
      catalog_({.database = database.name,
                .legacy = database.legacy,
                .target = database.target,
                .filter = {database.include, database.exclude},
                .on_look = [this](const catalog_view& view) { return on_look(view); },
                .on_target = [this](client::connection& c) { on_target(c); }}),
      code_({.database = database.name,
             .legacy = database.legacy,
             .noted = noted_file(all.outbox_path + "/code-" + database.name + ".json"),
             .on_unseen = [this](const auto& lines) { return mark_made_past(every_table(), lines); }},
            log.created()),
      guard_(log, database.on_outbox_failure, all.outbox_commit_deadline,
             {.degrade = [this](const std::string& reason) { return degraded_bit_.set(reason); },
              .recover = [this] { return mark_every_table("commits went without records"); },
              .recovered = [this] { degraded_bit_.clear(); }}),
      relay_(log, life_,
             {.conninfo = database.target,
              .outbox_id = log.id(),
              .partition = partition_,
              .database = database.name},
             [this](std::vector<outbox::stored_record>& records, bool refused, const std::stop_token& stop) {
               return ddl_gate_.examine(records, refused, stop);
             }),
      healer_(log, life_,
              {.legacy = database.legacy,
               .target = database.target,
               .partition = partition_,
               .filter = {database.include, database.exclude},
               .pause = database.heal_pause,
               .applied = [this] { return relay_.state().applied; }}),
      parked_retry_(log, partition_, [this] { return relay_.parked(); }),
      settler_(log, life_, database.legacy, partition_) {
  // A new log knows of no table, whatever was noted for the one before it.
  if (log.created()) mirrored_file_.remove();
  if (auto known = carriers_file_.resume(log.created())) carriers_.restore(*std::move(known));
  history_.restore(mirrored_file_.load());
}

database_runtime::~database_runtime() {
  stop();
}

bool database_runtime::start(const std::function<bool()>& give_up) {
  ripener_.start();
  ripener_.resume(log_.marks(partition_));
  if (!catalog_.start(give_up)) return false;
  code_.start();
  if (degraded_bit_.in_file() && mark_every_table("commits went without records")) degraded_bit_.clear();
  (void)life_.current();
  life_watch_ = std::jthread([this](const std::stop_token& stop) { watch_life(stop); });
  guard_.start();
  relay_.start();
  settler_.start();
  healer_.start();
  parked_retry_.start();
  return true;
}

// Notices a restart of legacy while nothing is published.
void database_runtime::watch_life(const std::stop_token& stop) {
  while (pause(stop, std::chrono::seconds(1))) (void)life_.current();
}

void database_runtime::stop() {
  if (life_watch_.joinable()) {
    life_watch_.request_stop();
    life_watch_.join();
  }
  parked_retry_.stop();
  healer_.stop();
  settler_.stop();
  relay_.stop();
  guard_.stop();
  code_.stop();
  catalog_.stop();
  ripener_.stop();
}

// Rows of a table that was not mirrored before, or looked otherwise, are not what records say.
bool database_runtime::on_look(const catalog_view& view) {
  const table_history::news news = history_.compare(view);
  bool taken = news.fresh.empty() || !config_.initial_heal || mark_tables(news.fresh, "newly mirrored");
  for (const auto& [table, what] : news.altered) {
    spdlog::warn("{}: {} was altered: {}", config_.name, display(table), what);
    taken = taken && mark_tables({table}, "altered: " + what);
  }
  taken = taken && mark_carried(view);
  if (!taken) throw std::runtime_error("the outbox does not take the marks of new or altered tables");
  if (!news.altered.empty()) log_.discard_heals(partition_);
  // The marks came first: they stand for what is passed over.
  const seq_t through = log_.last_prepared(partition_);
  const known_tables before = history_.known();
  history_.adopt(view, through, config_.initial_heal ? through : seq_t{});
  if (history_.known() != before) mirrored_file_.store(history_.known());
  if (carriers_.adopt(view.carriers)) carriers_file_.store(carriers_.texts());
  if (view.changed) relay_.forget_catalog();
  ddl_gate_.learn(view, history_.known(), history_.in_the_way(view));
  return history_.leaves_out_any();
}

bool database_runtime::mark_carried(const catalog_view& view) {
  const auto announced = code_.code().announced();
  const carrier_history::news news = carriers_.compare(
      view.carriers, [&](std::uint32_t xid) { return std::ranges::find(announced, xid) != announced.end(); });
  if (news.texts.empty()) return true;
  // What sessions know of tables that are not mirrored is void as well.
  code_.code().redefined();
  std::vector<change::table_name> tables;
  for (const auto& r : view.mirrored->relations())
    if (news.everything || news.tables.contains(r.name)) tables.push_back(r.name);
  return mark_made_past(tables, {news.texts.begin(), news.texts.end()});
}

bool database_runtime::mark_made_past(const std::vector<change::table_name>& tables,
                                      const std::set<std::string>& objects) {
  constexpr std::size_t shown = 3;
  const std::vector<std::string> some(
      objects.begin(),
      std::next(objects.begin(), static_cast<std::ptrdiff_t>(std::min(shown, objects.size()))));
  const std::string reason =
      fmt::format("{}{} {} made past pgtandem", fmt::join(some, "; "),
                  objects.size() > shown ? fmt::format(" and {} more", objects.size() - shown) : "",
                  objects.size() > 1 ? "were" : "was");
  spdlog::warn("{}: {}: {} tables may lack what it wrote until they are healed", config_.name, reason,
               tables.size());
  return tables.empty() || mark_tables(tables, reason);
}

void database_runtime::on_target(client::connection& target) {
  if (guard_.degraded() || !degraded_bit_.on_target(target)) return;
  if (mark_every_table("commits went without records")) degraded_bit_.clear();
}

bool database_runtime::mark_tables(const std::vector<change::table_name>& tables, const std::string& reason) {
  std::vector<change::mark> marks;
  for (const auto& t : tables) marks.push_back({t, change::mark_scope::table, {}, reason});
  std::promise<std::optional<std::vector<outbox::mark_id>>> answered;
  log_.add_marks(partition_, std::move(marks), outbox::legacy_writer{},
                 [&answered](std::vector<outbox::mark_id> ids, std::optional<outbox::log_error> error) {
                   answered.set_value(error ? std::nullopt : std::optional(std::move(ids)));
                 });
  auto ids = answered.get_future().get();
  if (!ids) return false;
  marks_made_ += ids->size();
  ripener_.after_present_transactions(std::move(*ids));
  return true;
}

std::vector<change::table_name> database_runtime::every_table() const {
  std::vector<change::table_name> all;
  for (const auto& r : catalog_.mirrored()->relations()) all.push_back(r.name);
  return all;
}

bool database_runtime::mark_every_table(const std::string& reason) {
  const auto all = every_table();
  return all.empty() || mark_tables(all, reason);
}

session_environment database_runtime::environment() {
  session_environment e;
  e.catalog = [this] { return catalog_.mirrored(); };
  e.code = &code_.code();
  e.altered = [this](const std::vector<change::table_name>& tables) { catalog_.doubt(tables); };
  e.defines_when_committed = [this](std::string_view gid) { return ripener_.may_define(gid); };
  e.marked_until_it_ends = [this](std::string_view gid) { return ripener_.awaits(gid); };
  e.partition = partition_;
  e.chunk_bytes = chunk_bytes_;
  e.new_staging = [this] { return log_.new_staging(); };
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

void database_runtime::stage(staged_chunk chunk, std::function<void(std::string)> done) {
  images_ += chunk.changes.size();
  guard_.stage(std::move(chunk), std::move(done));
}

void database_runtime::drop_staging(staging_t staging) {
  log_.drop_staging(staging);
}

void database_runtime::decide(seq_t seq, bool committed) {
  committed |= planted(planted_bug::failed_commit_published);
  log_.decide(seq, committed ? outbox::decision::committed : outbox::decision::aborted);
}

void database_runtime::in_doubt(seq_t seq) {
  log_.report_in_doubt(seq);
}

void database_runtime::add_marks(mark_action action, std::uint32_t backend_pid,
                                 std::function<void(std::vector<std::uint64_t>, std::string)> done) {
  if (!action.of_prepared.empty())
    return add_marks_of_prepared(std::move(action), backend_pid, std::move(done));
  marks_made_ += action.marks.size();
  outbox::legacy_writer writer{backend_pid};
  if (action.until) {
    writer.xid = action.until->xid;
    writer.gid = action.until->gid;
    writer.defines = action.until->defines;
    done = [this, writer, done = std::move(done)](const std::vector<std::uint64_t>& ids, std::string error) {
      ripener_.after_transaction(typed(ids), writer);
      done({}, std::move(error));
    };
  }
  if (action.marks.empty()) return done({}, {});
  guard_.add_marks(partition_, std::move(action.marks), std::move(writer), std::move(done));
}

void database_runtime::add_marks_of_prepared(
    mark_action action, std::uint32_t backend_pid,
    std::function<void(std::vector<std::uint64_t>, std::string)> done) {
  std::string gid = std::exchange(action.of_prepared, {});
  ripener_.ask_written(
      std::move(gid), [this, action = std::move(action), backend_pid,
                       done = std::move(done)](const std::optional<std::set<change::table_name>>& written) {
        mark_action needed = action;
        if (written) std::erase_if(needed.marks, [&](const auto& m) { return !written->contains(m.table); });
        if (needed.marks.empty()) return done({}, {});
        add_marks(std::move(needed), backend_pid, done);
      });
}

void database_runtime::ripen(ripen_action action) {
  if (action.perhaps_prepared)
    ripener_.after_prepared_transactions(typed(action.marks));
  else
    log_.ripen(typed(action.marks));
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
  const std::string altered = ddl_gate_.waiting_for();
  s.halted = relay.applier.halted || !altered.empty();
  s.degraded = guard_.degraded();
  for (const std::string& error :
       {log_.failure(), relay.applier.error, altered, settler_.error(), healer_.error()})
    if (s.error.empty()) s.error = error;
  s.sessions = sessions_;
  s.transactions = transactions_;
  s.images = images_;
  s.marks_made = marks_made_;
  for (const auto& r : catalog_.mirrored()->relations()) s.mirrored.push_back(display(r.name));
  for (const auto& r : catalog_.refused()) s.refused.push_back({display(r.table), r.reasons});
  for (const auto& m : log_.marks(partition_)) s.marks.push_back(to_status(m));
  for (const auto& p : relay_.parked()) s.parked.push_back(to_status(p));
  for (const auto& h : healer_.progress())
    s.heals.push_back({display(h.table), h.rows_read, h.rows_written, h.pass_rows, h.pass_estimate,
                       h.pass_resumed, h.running, h.error});
  return s;
}

fence_reply database_runtime::fence() const {
  fence_reply reply;
  reply.seq = log_.last_prepared(partition_).value;
  for (const auto& m : log_.marks(partition_)) reply.marks.push_back(m.id.value);
  return reply;
}

retry_reply database_runtime::retry_parked() {
  parked_retry_.hasten();
  return {.keys = relay_.parked().size(), .error = ""};
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
  log_.add_marks(partition_, {std::move(mark)}, std::nullopt,
                 [&](std::vector<outbox::mark_id> ids, std::optional<outbox::log_error> error) {
                   for (const auto id : ids) reply.marks.push_back(id.value);
                   if (error) reply.error = error->message;
                   answered.set_value();
                 });
  answered.get_future().wait();
  return reply;
}

}  // namespace pgtandem::proxy
