// pgtandem check: the preflight of every chosen database.
#include <ostream>

#include "proxy/cli/commands.h"
#include "proxy/cli/databases.h"
#include "proxy/cli/exit_codes.h"
#include "reconciler/preflight/preflight.h"

namespace pgtandem::proxy {

int run_check(const invocation& i, std::ostream& out, std::ostream&) {
  const config c = load_config(i.file);
  bool ok = true;
  for (const database_config* d : chosen_databases(c, i.database)) {
    const reconciler::preflight_report report =
        reconciler::check({d->name, d->legacy, d->target, {d->include, d->exclude}, d->allow_trust});
    out << reconciler::to_text(report, d->name) << std::flush;
    ok = ok && report.ok();
  }
  return ok ? exit_code::ok : exit_code::no;
}

}  // namespace pgtandem::proxy
