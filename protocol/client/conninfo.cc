#include <libpq-fe.h>

#include <memory>
#include <stdexcept>

#include "protocol/client/connection.h"
#include "protocol/client/conninfo.h"

namespace pgtandem::client {

namespace {

using options_ptr = std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)>;

void set_default(conninfo_values& values, const std::string& key, const std::string& value) {
  values.try_emplace(key, value);
}

}  // namespace

conninfo_values conninfo_to_values(const std::string& conninfo) {
  char* message = nullptr;
  options_ptr options(PQconninfoParse(conninfo.c_str(), &message), &PQconninfoFree);
  if (!options) {
    std::string text = message != nullptr ? message : "out of memory";
    PQfreemem(message);
    while (!text.empty() && text.back() == '\n') text.pop_back();
    throw std::invalid_argument(text);
  }
  conninfo_values values;
  for (const auto* o = options.get(); o->keyword != nullptr; ++o) {
    if (o->val != nullptr) values[o->keyword] = o->val;
  }
  return values;
}

conninfo_values with_connection_defaults(conninfo_values values) {
  set_default(values, "fallback_application_name", "pgtandem");
  set_default(values, "connect_timeout", "10");
  set_default(values, "keepalives", "1");
  set_default(values, "keepalives_idle", "10");
  set_default(values, "keepalives_interval", "5");
  set_default(values, "keepalives_count", "3");
  // Without it a peer that vanished with bytes in flight is noticed after a quarter of an hour.
  set_default(values, "tcp_user_timeout", "30000");
  // Images are UTF-8 wherever they are kept.
  values["client_encoding"] = "UTF8";
  return values;
}

endpoint parse_conninfo(const std::string& conninfo) {
  const auto values = conninfo_to_values(conninfo);
  const auto get = [&](const char* key) {
    const auto it = values.find(key);
    return it == values.end() ? std::string() : it->second;
  };
  endpoint e;
  e.host = get("hostaddr").empty() ? get("host") : get("hostaddr");
  if (!get("port").empty()) e.port = get("port");
  e.dbname = get("dbname");
  e.user = get("user");
  e.sslmode = get("sslmode");
  return e;
}

}  // namespace pgtandem::client
