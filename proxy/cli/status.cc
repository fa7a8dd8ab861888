// pgtandem status: what the daemon says of itself.
#include <ostream>

#include "proxy/admin/admin_client.h"
#include "proxy/admin/admin_json.h"
#include "proxy/cli/commands.h"
#include "proxy/cli/databases.h"
#include "proxy/cli/exit_codes.h"
#include "proxy/cli/status_text.h"

namespace pgtandem::proxy {

int run_status(const invocation& i, std::ostream& out, std::ostream& err) {
  const config c = load_config(i.file);
  (void)chosen_databases(c, i.database);
  try {
    admin_client client(c.admin);
    daemon_status status = client.status();
    if (!i.database.empty())
      std::erase_if(status.databases, [&](const database_status& d) { return d.name != i.database; });
    out << (i.json ? to_json(status) + "\n" : to_text(status)) << std::flush;
    if (status.databases.empty()) {
      err << "pgtandem: the daemon does not serve these databases; restart it with this configuration\n";
      return exit_code::no;
    }

    auto wrong = complaints(status);
    // The daemon's own verdict is about all databases: asked for one, only that one counts.
    if (const std::string why = client.unhealthy(); wrong.empty() && i.database.empty() && !why.empty())
      wrong.push_back(why);
    for (const std::string& sentence : wrong) err << "pgtandem: " << sentence << "\n";
    return wrong.empty() ? exit_code::ok : exit_code::no;
  } catch (const admin_error& e) {
    err << "pgtandem: " << e.what() << "\n";
    return exit_code::cannot_tell;
  }
}

}  // namespace pgtandem::proxy
