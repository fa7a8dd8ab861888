#include "proxy/cli/databases.h"

#include "proxy/cli/invocation.h"

namespace pgtandem::proxy {
namespace {

std::string names(const config& c) {
  std::string r;
  for (const auto& [name, database] : c.databases) r += (r.empty() ? "" : ", ") + name;
  return r;
}

}  // namespace

std::vector<const database_config*> chosen_databases(const config& c, const std::string& name) {
  std::vector<const database_config*> r;
  for (const auto& [key, database] : c.databases)
    if (name.empty() || key == name) r.push_back(&database);
  if (r.empty()) throw usage_error("no database \"" + name + "\" is configured; there are: " + names(c));
  return r;
}

const database_config& only_database(const config& c, const std::string& name) {
  const auto chosen = chosen_databases(c, name);
  if (chosen.size() > 1)
    throw usage_error("several databases are configured; add --database, one of: " + names(c));
  return *chosen.front();
}

std::string with_schema(const std::string& table) {
  return table.find('.') == std::string::npos ? "public." + table : table;
}

}  // namespace pgtandem::proxy
