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

std::string mark_line(const mark_status& m) {
  const std::string what = m.scope != "keys" ? "whole table" : fmt::format("{} keys", m.keys);
  return fmt::format("{} ({}): {}, {}, since {}{}", m.table, what, m.reason,
                     m.ripe ? "to be healed" : "its writer is still open", since(m.created_unix_ms),
                     m.merged == 0 ? "" : fmt::format("; and {} later ones", m.merged));
}

std::string heal_line(const heal_status& h) {
  return fmt::format("{}: {} rows read, {} written, {}{}", h.table, h.rows_read, h.rows_written,
                     h.running ? "running" : "done", h.error.empty() ? "" : "; " + h.error);
}

std::string one_database(const database_status& d) {
  std::string r = fmt::format("database {}: {}, target {}\n", d.name, lag(d),
                              d.target_connected ? "connected" : "not connected");
  if (d.halted) r += "  HALTED: the applier needs a person\n";
  if (d.degraded) r += "  DEGRADED: commits go without records\n";
  if (!d.error.empty()) r += "  trouble: " + d.error + "\n";
  r += fmt::format("  sessions {}, transactions {}, images {}, marks made {}, undecided {}\n", d.sessions,
                   d.transactions, d.images, d.marks_made, d.undecided);
  r += fmt::format("  mirrored tables: {}\n", d.mirrored.size());
  r += lines("refused", d.refused, [](const refused_table& t) {
    return fmt::format("{}: {}", t.table, fmt::join(t.reasons, "; "));
  });
  r += lines("mark", d.marks, mark_line);
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

std::vector<std::string> complaints(const daemon_status& s) {
  std::vector<std::string> r;
  for (const database_status& d : s.databases) {
    const std::string cause = d.error.empty() ? "" : ": " + d.error;
    if (d.halted) r.push_back(d.name + ": the applier has halted, remove the cause and restart it" + cause);
    if (d.degraded) r.push_back(d.name + ": degraded, commits go without records" + cause);
  }
  return r;
}

}  // namespace pgtandem::proxy
