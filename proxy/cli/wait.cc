// pgtandem wait: everything prepared before the call, and every mark older than it, is on the target.
#include <ostream>
#include <utility>

#include "proxy/cli/commands.h"
#include "proxy/cli/databases.h"
#include "proxy/cli/exit_codes.h"
#include "proxy/cli/fence_wait.h"

namespace pgtandem::proxy {

int run_wait(const invocation& i, std::ostream& out, std::ostream& err) {
  const config c = load_config(i.file);
  const auto databases = chosen_databases(c, i.database);
  admin_daemon daemon(c.admin);
  clock_pacer pace(i.timeout);

  // All fences first: what is waited for is what was there when the command started.
  std::vector<std::pair<std::string, fence_reply>> fences;
  try {
    for (const database_config* d : databases) fences.emplace_back(d->name, daemon.fence(d->name));
  } catch (const admin_error& e) {
    err << "pgtandem: " << e.what() << "\n";
    return exit_code::cannot_tell;
  }

  bool certain = false, all_passed = true;
  for (const auto& [name, fence] : fences) {
    const fence_verdict verdict = wait_until_applied(daemon, name, fence, pace);
    const bool passed = verdict.outcome == fence_outcome::passed;
    (passed ? out : err << "pgtandem: ") << verdict.sentence << "\n";
    all_passed = all_passed && passed;
    certain = certain || exit_code_of(verdict.outcome) == exit_code::no;
  }
  if (all_passed) return exit_code::ok;
  return certain ? exit_code::no : exit_code::cannot_tell;
}

}  // namespace pgtandem::proxy
