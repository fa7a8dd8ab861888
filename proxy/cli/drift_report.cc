// pgtandem drift-report: compares both sides here, and asks the daemon for fences, marks and refused tables.
#include <ostream>

#include "protocol/change/display.h"
#include "proxy/cli/commands.h"
#include "proxy/cli/databases.h"
#include "proxy/cli/drift_view.h"
#include "proxy/cli/fence_wait.h"

namespace pgtandem::proxy {
namespace {

// One database's comparison. Without a daemon it still runs: the report then says that it cannot tell.
class comparison {
 public:
  comparison(const config& c, const database_config& d, const invocation& i)
      : database_(d), invocation_(i), daemon_(c.admin) {}

  reconciler::drift_report run() {
    reconciler::drift_options options;
    options.legacy = database_.legacy;
    options.target = database_.target;
    options.filter = {database_.include, database_.exclude};
    options.table = invocation_.table;
    options.pass_fence = [this] { return pass_fence(); };
    options.marks_of = [this](const change::table_name& t) { return marks_of(display(t)); };
    reconciler::drift_report report;
    try {
      report = reconciler::compare(options);
    } catch (const std::exception& e) {
      report.trouble.push_back(e.what());
    }
    add_status(report);
    return report;
  }

 private:
  // Called for each table and each doubtful row. What failed once is not waited for again: with many tables
  // the time-outs would add up.
  std::string pass_fence() {
    if (!fence_failure_.empty()) return fence_failure_;
    try {
      const fence_reply fence = daemon_.fence(database_.name);
      clock_pacer pace(invocation_.timeout);
      // Open marks are asked for table by table: they make a table undecidable, not the whole report.
      const fence_verdict verdict = wait_for_fence(daemon_, database_.name, {fence.seq, {}}, pace);
      // What is parked differs, and is told of: everything else was applied up to the fence.
      const bool comparable =
          verdict.outcome == fence_outcome::passed || verdict.outcome == fence_outcome::parked;
      if (!comparable) fence_failure_ = verdict.sentence;
    } catch (const admin_error& e) {
      fence_failure_ = e.what();
    }
    return fence_failure_;
  }

  std::vector<std::string> marks_of(const std::string& table) {
    try {
      const daemon_status status = daemon_.status();
      const database_status* d = find_database(status, database_.name);
      return d == nullptr ? std::vector<std::string>{} : mark_sentences(*d, table);
    } catch (const admin_error&) {
      return {};  // add_status names it once, as trouble of the whole report
    }
  }

  void add_status(reconciler::drift_report& report) {
    try {
      const daemon_status status = daemon_.status();
      const database_status* d = find_database(status, database_.name);
      if (d == nullptr) {
        report.trouble.push_back("the daemon does not serve database " + database_.name +
                                 "; restart it with this configuration");
      } else {
        add_daemon_view(report, *d, invocation_.table);
      }
    } catch (const admin_error& e) {
      const bool told = !report.trouble.empty() && report.trouble.back().find(e.what()) != std::string::npos;
      if (!told) report.trouble.emplace_back(e.what());
    }
  }

  const database_config& database_;
  const invocation& invocation_;
  admin_daemon daemon_;
  std::string fence_failure_;
};

}  // namespace

int run_drift_report(const invocation& i, std::ostream& out, std::ostream&) {
  const config c = load_config(i.file);
  if (!i.table.empty()) (void)only_database(c, i.database);
  std::vector<named_report> reports;
  std::vector<int> codes;
  for (const database_config* d : chosen_databases(c, i.database)) {
    reports.push_back({d->name, comparison(c, *d, i).run()});
    codes.push_back(reports.back().report.exit_code());
  }
  out << (i.json ? reports_to_json(reports) : reports_to_text(reports)) << std::flush;
  return combined_exit_code(codes);
}

}  // namespace pgtandem::proxy
