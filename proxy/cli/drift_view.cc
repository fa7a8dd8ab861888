#include "proxy/cli/drift_view.h"

#include <algorithm>

#include "protocol/change/display.h"
#include "proxy/cli/databases.h"
#include "proxy/cli/exit_codes.h"
#include "proxy/cli/status_text.h"

namespace pgtandem::proxy {
namespace {

change::table_name split(const std::string& table) {
  const auto dot = table.find('.');
  if (dot == std::string::npos) return {"public", table};
  return {table.substr(0, dot), table.substr(dot + 1)};
}

std::string quoted_json(const std::string& text) {
  std::string r = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') r += '\\';
    if (static_cast<unsigned char>(c) >= 0x20) r += c;
  }
  return r + "\"";
}

std::vector<int> exit_codes(const std::vector<named_report>& reports) {
  std::vector<int> r;
  for (const named_report& n : reports) r.push_back(n.report.exit_code());
  return r;
}

}  // namespace

void add_daemon_view(reconciler::drift_report& report, const database_status& daemon,
                     const std::string& only) {
  const std::string cause = daemon.error.empty() ? "" : ": " + daemon.error;
  if (daemon.halted) report.trouble.push_back(halted_text(daemon));
  if (daemon.degraded) report.trouble.push_back("degraded: commits go without records" + cause);
  for (const refused_table& refused : daemon.refused) {
    if (!only.empty() && with_schema(only) != refused.table) continue;
    auto found =
        std::find_if(report.tables.begin(), report.tables.end(),
                     [&](const reconciler::table_report& t) { return display(t.table) == refused.table; });
    if (found == report.tables.end()) {
      reconciler::table_report added;
      added.table = split(refused.table);
      found = report.tables.insert(report.tables.end(), std::move(added));
    }
    for (const std::string& reason : refused.reasons) {
      const std::string sentence = "not mirrored: " + reason;
      auto& known = found->undecidable;
      // The comparison refuses for the same reasons; say each once.
      const bool told = std::any_of(known.begin(), known.end(), [&](const std::string& k) {
        return k.find(reason) != std::string::npos;
      });
      if (!told) known.push_back(sentence);
    }
  }
}

std::vector<std::string> mark_sentences(const database_status& daemon, const std::string& table) {
  std::vector<std::string> r;
  for (const mark_status& m : daemon.marks) {
    if (m.table != table) continue;
    const std::string what = m.scope == "keys" ? std::to_string(m.keys) + " keys are" : "the table is";
    r.push_back(what + " marked: " + m.reason + "; a heal is owed, see pgtandem wait");
  }
  const auto parked = std::count_if(daemon.parked.begin(), daemon.parked.end(),
                                    [&](const parked_status& p) { return p.table == table; });
  if (parked > 0)
    r.push_back(std::to_string(parked) +
                " rows are parked: the target refuses them, see pgtandem parked list");
  return r;
}

int combined_exit_code(const std::vector<int>& codes) {
  auto has = [&](int code) { return std::find(codes.begin(), codes.end(), code) != codes.end(); };
  if (has(exit_code::no)) return exit_code::no;
  return codes.empty() || has(exit_code::cannot_tell) ? exit_code::cannot_tell : exit_code::ok;
}

std::string reports_to_json(const std::vector<named_report>& reports) {
  if (reports.size() == 1) return reconciler::to_json(reports.front().report);
  std::string r =
      "{\"exit_code\":" + std::to_string(combined_exit_code(exit_codes(reports))) + ",\"databases\":[";
  for (const named_report& n : reports) {
    std::string report = reconciler::to_json(n.report);
    while (!report.empty() && report.back() == '\n') report.pop_back();
    if (&n != &reports.front()) r += ",";
    r += "{\"name\":" + quoted_json(n.database) + ",\"report\":" + report + "}";
  }
  return r + "]}\n";
}

std::string reports_to_text(const std::vector<named_report>& reports) {
  std::string r;
  for (const named_report& n : reports) {
    if (reports.size() > 1) r += "database " + n.database + "\n";
    r += reconciler::to_text(n.report);
    if (!r.ends_with('\n')) r += "\n";
  }
  return r;
}

}  // namespace pgtandem::proxy
