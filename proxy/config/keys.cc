#include "proxy/config/keys.h"

#include <algorithm>

namespace pgtandem::proxy {
namespace {

template <class T>
T take(config_value&& v) {
  return std::get<T>(std::move(v));
}

const std::vector<config_key>& table() {
  using enum value_kind;
  using std::chrono::milliseconds;
  using place = config_place;
  using value = config_value&&;
  static const std::vector<config_key> keys{
      {"listen",
       address,
       "127.0.0.1:6543",
       {},
       "Where clients connect. Port 0 lets the system pick one.",
       [](place& p, value v) { p.whole.listen = take<listen_address>(std::move(v)); }},
      {"admin.listen",
       address,
       "127.0.0.1:6580",
       {},
       "Where the admin API answers, and where the other commands look for the daemon. Loopback only.",
       [](place& p, value v) { p.whole.admin = take<listen_address>(std::move(v)); }},
      {"databases.NAME.legacy",
       conninfo,
       "",
       {},
       "The server that applications use today. Sessions take host, port and dbname from it; user and "
       "password "
       "in it are pgtandem's own, for its catalog connection.",
       [](place& p, value v) { p.database->legacy = take<std::string>(std::move(v)); }},
      {"databases.NAME.target",
       conninfo,
       "",
       {},
       "The server that is to hold the same rows.",
       [](place& p, value v) { p.database->target = take<std::string>(std::move(v)); }},
      {"databases.NAME.tables.include",
       patterns,
       "[\"*.*\"]",
       {},
       "Tables to mirror, on schema.table as stored: `*` and `?` as in psql, names fold to lower case, "
       "double "
       "quotes protect dots and case. Partitions follow their root.",
       [](place& p, value v) { p.database->include = take<std::vector<std::string>>(std::move(v)); }},
      {"databases.NAME.tables.exclude",
       patterns,
       "[]",
       {},
       "Tables to leave out again.",
       [](place& p, value v) { p.database->exclude = take<std::vector<std::string>>(std::move(v)); }},
      {"databases.NAME.on_outbox_failure",
       choice,
       "degrade",
       {"degrade", "reject"},
       "When the outbox cannot take a record in time: `degrade` lets the commit through and owes a heal, "
       "`reject` "
       "fails the write.",
       [](place& p, value v) {
         p.database->on_outbox_failure = take<std::string>(std::move(v)) == "reject"
                                             ? on_outbox_failure::reject
                                             : on_outbox_failure::degrade;
       }},
      {"databases.NAME.on_ddl",
       choice,
       "halt",
       {"halt", "ignore"},
       "When a mirrored table is altered on legacy so that it no longer fits the target: `halt` applies "
       "nothing "
       "more until the target is altered alike, `ignore` leaves that table out and heals it once it fits.",
       [](place& p, value v) {
         p.database->on_ddl = take<std::string>(std::move(v)) == "ignore" ? on_ddl::ignore : on_ddl::halt;
       }},
      {"databases.NAME.allow_trust",
       boolean,
       "false",
       {},
       "Accept that pg_hba.conf lines with trust or peer let in clients who only look local to legacy, and "
       "legacy "
       "over a Unix socket. For throw-away servers.",
       [](place& p, value v) { p.database->allow_trust = take<bool>(std::move(v)); }},
      {"databases.NAME.initial_heal",
       choice,
       "auto",
       {"auto", "off"},
       "`auto` brings over the rows that are there when an outbox is new; `off` leaves that to `pgtandem "
       "heal`.",
       [](place& p, value v) { p.database->initial_heal = take<std::string>(std::move(v)) == "auto"; }},
      {"databases.NAME.heal_pause",
       duration,
       "20ms",
       {},
       "How long a heal of a whole table pauses behind each 2,000 rows or so, to leave legacy some air: with "
       "the "
       "default it reads 100,000 rows a second at most.",
       [](place& p, value v) { p.database->heal_pause = take<milliseconds>(std::move(v)); }},
      {"outbox.path",
       path,
       "./outbox",
       {},
       "Directory of the outbox log, for one daemon alone.",
       [](place& p, value v) { p.whole.outbox_path = take<std::string>(std::move(v)); }},
      {"outbox.min_free",
       size,
       "2GiB",
       {},
       "Free space on that file system below which no record is taken (see on_outbox_failure).",
       [](place& p, value v) { p.whole.outbox_min_free = take<std::uint64_t>(std::move(v)); }},
      {"outbox.commit_deadline",
       duration,
       "10s",
       {},
       "How long a commit may wait for its record to be durable (see on_outbox_failure).",
       [](place& p, value v) { p.whole.outbox_commit_deadline = take<milliseconds>(std::move(v)); }},
      {"outbox.chunk",
       size,
       "8MiB",
       {},
       "How much of a transaction's changes a session keeps in memory (up to twice that). What is more goes "
       "to the outbox while the transaction runs, in chunks of this size. Also how much the keys of one COPY "
       "may take; where they take more, its table is read again.",
       [](place& p, value v) { p.whole.outbox_chunk = take<std::uint64_t>(std::move(v)); }},
      {"transport",
       choice,
       "local",
       {"local"},
       "What carries records to the applier: `local` is within the daemon.",
       [](place& p, value v) { p.whole.transport = take<std::string>(std::move(v)); }},
      {"log.level",
       choice,
       "info",
       {"debug", "info", "warn", "error"},
       "Least severity that is written to stderr.",
       [](place& p, value v) { p.whole.log_level = take<std::string>(std::move(v)); }},
      {"shutdown_timeout",
       duration,
       "30s",
       {},
       "How long open transactions may go on after SIGTERM or SIGINT. A second signal ends at once.",
       [](place& p, value v) { p.whole.shutdown_timeout = take<milliseconds>(std::move(v)); }},
      {"io_threads",
       count,
       "1",
       {},
       "Threads that serve sessions, 1 to 256.",
       [](place& p, value v) {
         p.whole.io_threads = static_cast<unsigned>(take<std::uint64_t>(std::move(v)));
       }},
  };
  return keys;
}

}  // namespace

std::span<const config_key> config_keys() {
  return table();
}

std::vector<std::string> names_below(std::string_view section) {
  const std::string prefix = section.empty() ? "" : std::string(section) + ".";
  std::vector<std::string> names;
  for (const config_key& k : config_keys()) {
    if (!k.path.starts_with(prefix)) continue;
    std::string_view rest = k.path.substr(prefix.size());
    std::string name(rest.substr(0, rest.find('.')));
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(std::move(name));
  }
  return names;
}

}  // namespace pgtandem::proxy
