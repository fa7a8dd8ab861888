// pgtandem status, marks list and parked: what the daemon says of itself.
#include <ostream>

#include "proxy/admin/admin_client.h"
#include "proxy/admin/admin_json.h"
#include "proxy/cli/commands.h"
#include "proxy/cli/databases.h"
#include "proxy/cli/exit_codes.h"
#include "proxy/cli/status_text.h"

namespace pgtandem::proxy {

namespace {

// Of the databases asked for.
daemon_status ask(admin_client& client, const std::string& database) {
  daemon_status status = client.status();
  if (!database.empty())
    std::erase_if(status.databases, [&](const database_status& d) { return d.name != database; });
  return status;
}

int not_served(std::ostream& err) {
  err << "pgtandem: the daemon does not serve these databases; restart it with this configuration\n";
  return exit_code::no;
}

}  // namespace

int run_status(const invocation& i, std::ostream& out, std::ostream& err) {
  const config c = load_config(i.file);
  (void)chosen_databases(c, i.database);
  try {
    admin_client client(c.admin);
    const daemon_status status = ask(client, i.database);
    out << (i.json ? to_json(status) + "\n" : to_text(status)) << std::flush;
    if (status.databases.empty()) return not_served(err);

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

namespace {

// Of each database a list, narrowed down to one table if asked for.
template <class List>
int print_lists(const invocation& i, std::ostream& out, std::ostream& err, List database_status::*list,
                std::string (*as_json)(const daemon_status&), std::string (*as_text)(const daemon_status&)) {
  const config c = load_config(i.file);
  (void)chosen_databases(c, i.database);
  try {
    admin_client client(c.admin);
    daemon_status status = ask(client, i.database);
    if (!i.table.empty())
      for (database_status& d : status.databases)
        std::erase_if(d.*list, [&](const auto& entry) { return entry.table != with_schema(i.table); });
    out << (i.json ? as_json(status) + "\n" : as_text(status)) << std::flush;
    return status.databases.empty() ? not_served(err) : exit_code::ok;
  } catch (const admin_error& e) {
    err << "pgtandem: " << e.what() << "\n";
    return exit_code::cannot_tell;
  }
}

}  // namespace

int run_marks_list(const invocation& i, std::ostream& out, std::ostream& err) {
  return print_lists(i, out, err, &database_status::marks, marks_json, marks_text);
}

int run_parked_list(const invocation& i, std::ostream& out, std::ostream& err) {
  return print_lists(i, out, err, &database_status::parked, parked_json, parked_text);
}

int run_parked_retry(const invocation& i, std::ostream& out, std::ostream& err) {
  const config c = load_config(i.file);
  try {
    admin_client client(c.admin);
    for (const database_config* d : chosen_databases(c, i.database)) {
      const retry_reply reply = client.retry_parked({d->name});
      out << d->name << ": " << reply.keys << " rows are read again from legacy and tried\n";
    }
    return exit_code::ok;
  } catch (const admin_error& e) {
    err << "pgtandem: " << e.what() << "\n";
    return exit_code::cannot_tell;
  }
}

}  // namespace pgtandem::proxy
