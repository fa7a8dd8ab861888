#include "proxy/cli/status_text.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>

namespace pgtandem::proxy {
namespace {

// Of long lists the first ones are shown; --json has all.
constexpr std::size_t shown = 20;

std::string since(std::int64_t unix_ms) {
  return fmt::format("{:%Y-%m-%d %H:%M:%S} UTC", fmt::gmtime(static_cast<std::time_t>(unix_ms / 1000)));
}

template <class List, class Line>
std::string lines(const std::string& title, const List& list, Line line) {
  std::string r;
  for (std::size_t n = 0; n < list.size() && n < shown; ++n) r += "  " + title + " " + line(list[n]) + "\n";
  if (list.size() > shown) r += fmt::format("  {} and {} more, see --json\n", title, list.size() - shown);
  return r;
}

std::string lag(const database_status& d) {
  if (d.applied >= d.prepared) return fmt::format("the target has everything up to {}", d.applied);
  return fmt::format("{} behind (prepared {}, applied {})", d.prepared - d.applied, d.prepared, d.applied);
}

std::string mark_state(const mark_status& m) {
  if (m.ripe) return "to be healed";
  if (m.backend_pid == 0) return "its writer is still open";
  return fmt::format("backend {} of legacy may still write", m.backend_pid);
}

std::string mark_line(const mark_status& m) {
  const std::string what = m.scope != "keys" ? "whole table" : fmt::format("{} keys", m.keys);
  return fmt::format("{} ({}): {}, {}, since {}{}", m.table, what, m.reason, mark_state(m),
                     since(m.created_unix_ms),
                     m.merged == 0 ? "" : fmt::format("; and {} later ones", m.merged));
}

std::string parked_line(const parked_status& p) {
  return fmt::format("{} {}: {} [{}]{}, {} attempts, since {}", p.table, p.key, p.reason, p.sqlstate,
                     p.in_the_way.empty() ? "" : ", in the way is " + p.in_the_way, p.attempts,
                     since(p.since_unix_ms));
}

std::string heal_line(const heal_status& h) {
  std::string pass;
  if (h.running && h.pass_estimate > 0) {
    const std::string resumed =
        h.pass_resumed > 0 ? fmt::format(", the first {} before a restart", h.pass_resumed) : "";
    pass = fmt::format(" ({} of about {}{})", h.pass_rows, h.pass_estimate, resumed);
  }
  return fmt::format("{}: {} rows read, {} written, {}{}{}", h.table, h.rows_read, h.rows_written,
                     h.running ? "running" : "done", pass, h.error.empty() ? "" : "; " + h.error);
}

std::string one_database(const database_status& d) {
  std::string r = fmt::format("database {}: {}, target {}\n", d.name, lag(d),
                              d.target_connected ? "connected" : "not connected");
  if (d.halted) r += "  HALTED: nothing is applied, a person is needed\n";
  if (d.degraded) r += "  DEGRADED: commits go without records\n";
  if (!d.error.empty()) r += "  trouble: " + d.error + "\n";
  r += fmt::format("  sessions {}, transactions {}, images {}, marks made {}, undecided {}\n", d.sessions,
                   d.transactions, d.images, d.marks_made, d.undecided);
  r += fmt::format("  mirrored tables: {}\n", d.mirrored.size());
  r += lines("refused", d.refused, [](const refused_table& t) {
    return fmt::format("{}: {}", t.table, fmt::join(t.reasons, "; "));
  });
  r += lines("mark", d.marks, mark_line);
  r += lines("parked", d.parked, parked_line);
  r += lines("heal", d.heals, heal_line);
  return r;
}

}  // namespace

std::string human_bytes(std::uint64_t bytes) {
  constexpr std::array<const char*, 5> units{"B", "KiB", "MiB", "GiB", "TiB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; value >= 1024 && unit + 1 < units.size(); ++unit) value /= 1024;
  return unit == 0 ? fmt::format("{} B", bytes) : fmt::format("{:.1f} {}", value, units[unit]);
}

std::string to_text(const daemon_status& s) {
  std::string r = fmt::format("pgtandem {}, {}; outbox {}, {}\n", s.version, s.state, s.outbox_id,
                              human_bytes(s.outbox_bytes));
  for (const database_status& d : s.databases) r += "\n" + one_database(d);
  return r;
}

std::string marks_text(const daemon_status& s) {
  std::string r;
  for (const database_status& d : s.databases) {
    r += fmt::format("database {}: {} open\n", d.name, d.marks.size());
    for (const mark_status& m : d.marks) r += fmt::format("  {} {}\n", m.id, mark_line(m));
  }
  return r;
}

std::string parked_text(const daemon_status& s) {
  std::string r;
  for (const database_status& d : s.databases) {
    r += fmt::format("database {}: {} parked\n", d.name, d.parked.size());
    for (const parked_status& p : d.parked) r += fmt::format("  {}\n", parked_line(p));
  }
  return r;
}

std::string halted_text(const database_status& d) {
  return "applying has halted; remove the cause and, unless it says that pgtandem goes on by itself, restart "
         "it" +
         (d.error.empty() ? "" : ": " + d.error);
}

std::vector<std::string> complaints(const daemon_status& s) {
  std::vector<std::string> r;
  for (const database_status& d : s.databases) {
    const std::string cause = d.error.empty() ? "" : ": " + d.error;
    if (d.halted) r.push_back(d.name + ": " + halted_text(d));
    if (d.degraded) r.push_back(d.name + ": degraded, commits go without records" + cause);
    if (!d.parked.empty())
      r.push_back(fmt::format("{}: {} rows are parked, the target refuses them; first: {}", d.name,
                              d.parked.size(), parked_line(d.parked.front())));
  }
  return r;
}

}  // namespace pgtandem::proxy
