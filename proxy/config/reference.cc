#include <algorithm>

#include "proxy/config/keys.h"

namespace pgtandem::proxy {
namespace {

constexpr std::string_view head = R"(# Configuration

Printed by `pgtandem config-reference`; the table of keys in proxy/config/keys.cc is the source.

One YAML file holds everything. Unknown or duplicate keys, wrong types and contradictions are errors that name the
file, the line and the nearest valid key; the commands then exit with 78. Paths are relative to the file.

```yaml
listen: 127.0.0.1:6543
admin:  { listen: 127.0.0.1:6580 }
databases:
  app:                                   # the database name that clients ask for
    legacy: "host=127.0.0.1 port=5432 dbname=app user=pgtandem"
    target: "host=127.0.0.1 port=5433 dbname=app user=pgtandem"
    tables: { include: ["public.*"], exclude: [] }
    on_outbox_failure: degrade
    on_ddl: halt
outbox: { path: ./outbox, min_free: 2GiB }
transport: local
log: { level: info }
```

Below, `NAME` stands for the name of a database, as clients ask for it.

)";

constexpr std::string_view tail = R"(
## Values

| type | written as |
|---|---|
| address | `host:port` with an IP address or `localhost`; IPv6 in brackets and quotes: `"[::1]:6543"`; port 0: the system picks one |
| conninfo | a connection string as libpq takes it, `key=value` or URI, with a dbname and one host |
| patterns | a list of `schema.table` patterns |
| size | bytes, or with a unit: `512MiB`, `2GiB` (KiB, MiB, GiB, TiB) |
| duration | with a unit: `500ms`, `30s`, `5m`, `2h` |
| path | relative to the configuration file |

## Contradictions that are refused

- `admin.listen` on an address that is not loopback, or on that of `listen`.
- No database, or one without `legacy`, `target` or any `include` pattern.
- Legacy and target being one database; two databases that share a legacy or a target; a target that is another
  database's legacy.
- A legacy or target that is pgtandem's own `listen` address.
- Legacy over a Unix socket without `allow_trust: true`: every client would be let in as the daemon's own user.
)";

std::string_view kind_name(value_kind k) {
  switch (k) {
    case value_kind::address:
      return "address";
    case value_kind::conninfo:
      return "conninfo";
    case value_kind::patterns:
      return "patterns";
    case value_kind::choice:
      return "choice";
    case value_kind::boolean:
      return "true or false";
    case value_kind::size:
      return "size";
    case value_kind::duration:
      return "duration";
    case value_kind::path:
      return "path";
    case value_kind::count:
      return "number";
  }
  return "";
}

std::string type_of(const config_key& k) {
  if (k.choices.empty()) return std::string(kind_name(k.kind));
  std::string r;
  for (const std::string& c : k.choices) r += (r.empty() ? "`" : ", `") + c + "`";
  return r;
}

}  // namespace

std::string config_reference() {
  std::string r(head);
  r += "| key | type | default | meaning |\n|---|---|---|---|\n";
  for (const config_key& k : config_keys()) {
    const std::string fallback =
        k.default_text.empty() ? "required" : "`" + std::string(k.default_text) + "`";
    r += "| `" + std::string(k.path) + "` | " + type_of(k) + " | " + fallback + " | " + std::string(k.help) +
         " |\n";
  }
  r += tail;
  return r;
}

}  // namespace pgtandem::proxy
