// pgtandem heal: owes the rows a heal, and waits until it is applied.
#include <ostream>

#include "proxy/cli/commands.h"
#include "proxy/cli/databases.h"
#include "proxy/cli/exit_codes.h"
#include "proxy/cli/fence_wait.h"

namespace pgtandem::proxy {
namespace {

void print_rows(const daemon_status& s, const std::string& database, const std::string& table,
                std::ostream& out) {
  const database_status* d = find_database(s, database);
  if (d == nullptr) return;
  for (const heal_status& h : d->heals) {
    if (h.table != table) continue;
    out << table << ": healed; " << h.rows_read << " rows read on legacy, " << h.rows_written << " written\n";
    return;
  }
  out << table << ": healed\n";
}

}  // namespace

int run_heal(const invocation& i, std::ostream& out, std::ostream& err) {
  const config c = load_config(i.file);
  const database_config& database = only_database(c, i.database);
  admin_daemon daemon(c.admin);
  clock_pacer pace(i.timeout);
  try {
    const heal_reply reply = daemon.heal({database.name, i.table, i.all, i.keys});
    if (!reply.error.empty()) {
      err << "pgtandem: " << i.table << " was not healed: " << reply.error << "\n";
      return exit_code::no;
    }
    const fence_verdict verdict = wait_until_applied(daemon, database.name, {0, reply.marks}, pace);
    if (verdict.outcome != fence_outcome::passed) {
      err << "pgtandem: " << verdict.sentence << "\n";
      return exit_code_of(verdict.outcome);
    }
    print_rows(daemon.status(), database.name, with_schema(i.table), out);
    return exit_code::ok;
  } catch (const admin_error& e) {
    err << "pgtandem: " << e.what() << "\n";
    return exit_code::cannot_tell;
  }
}

}  // namespace pgtandem::proxy
