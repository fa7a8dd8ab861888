// What the daemon knows beyond a comparison, put into its report: refused tables, a halted or degraded
// applier. Pure.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "proxy/admin/admin_server.h"
#include "reconciler/compare/drift_report.h"

namespace pgtandem::proxy {

// `only` is --table: other tables are left out; empty: all.
void add_daemon_view(reconciler::drift_report& report, const database_status& daemon,
                     const std::string& only);

// The open marks and the parked rows of a table as sentences.
[[nodiscard]] std::vector<std::string> mark_sentences(const database_status& daemon,
                                                      const std::string& table);

// One exit code for several databases: a confirmed difference counts before "cannot tell".
[[nodiscard]] int combined_exit_code(const std::vector<int>& codes);

struct named_report {
  std::string database;
  reconciler::drift_report report;
};
// Of one database: its report; of several: {"exit_code": N, "databases": [{"name": ..., "report": {...}}]}.
[[nodiscard]] std::string reports_to_json(const std::vector<named_report>& reports);
[[nodiscard]] std::string reports_to_text(const std::vector<named_report>& reports);

}  // namespace pgtandem::proxy
