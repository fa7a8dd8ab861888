#include "proxy/config/contradictions.h"

#include <map>

#include "protocol/client/connection.h"
#include "proxy/config/conninfo_error.h"
#include "proxy/config/values.h"

namespace pgtandem::proxy {
namespace {

bool unix_socket(const client::endpoint& e) {
  return e.host.empty() || e.host[0] == '/' || e.host[0] == '@';
}

// Host and port, alike for all names of this machine's loopback.
std::string server_of(const client::endpoint& e) {
  const bool local = e.host == "localhost" || e.host == "127.0.0.1" || e.host == "::1";
  return (local ? "loopback" : e.host) + "\n" + e.port;
}

std::string identity(const client::endpoint& e) {
  return server_of(e) + "\n" + e.dbname;
}

class checker {
 public:
  explicit checker(const config_source& s) : s_(s) {}

  void addresses() const {
    const config& c = s_.values;
    if (!is_loopback(c.admin))
      s_.fail(s_.line_of("admin.listen"), "admin.listen: " + to_string(c.admin) +
                                              " is not loopback; the admin API has no authentication, write "
                                              "127.0.0.1:PORT");
    // Where only one of the two is written, that is the line to change.
    const std::string written = s_.lines.contains("admin.listen") ? "admin.listen" : "listen";
    if (collide(c.listen, c.admin))
      s_.fail(s_.line_of(written),
              "admin.listen: " + to_string(c.admin) + " is taken by listen; write another port");
  }

  void databases() {
    const config& c = s_.values;
    if (c.databases.empty())
      s_.fail(s_.line_of("databases"), "no database is configured; write one below databases:");
    for (const auto& [name, d] : c.databases) {
      if (d.include.empty())
        s_.fail(s_.line_of(path(name, "tables.include")),
                path(name, "tables.include") +
                    " is empty: nothing would be mirrored; write, for instance, "
                    "[\"public.*\"]");
      one_database(name, endpoint_of(path(name, "legacy"), d.legacy),
                   endpoint_of(path(name, "target"), d.target), d.allow_trust);
    }
    for (const auto& [where, target] : targets_) {
      if (auto other = legacies_.find(where); other != legacies_.end())
        s_.fail(s_.line_of(target), target + " is also " + other->second +
                                        ": its rows would be mirrored again; name another database");
    }
  }

 private:
  static std::string path(const std::string& database, const std::string& key) {
    return "databases." + database + "." + key;
  }

  client::endpoint endpoint_of(const std::string& path, const std::string& conninfo) const {
    client::endpoint e;
    try {
      e = client::parse_conninfo(conninfo);
    } catch (const std::invalid_argument& wrong) {
      s_.fail(s_.line_of(path), path + ": " + conninfo_sentence(wrong.what()));
    }
    if (e.dbname.empty()) s_.fail(s_.line_of(path), path + ": no dbname; add dbname=NAME");
    if (e.host.find(',') != std::string::npos || e.port.find(',') != std::string::npos)
      s_.fail(s_.line_of(path), path + ": several hosts; name one, the server to mirror");
    return e;
  }

  void one_database(const std::string& name, const client::endpoint& legacy, const client::endpoint& target,
                    bool allow_trust) {
    const std::string legacy_path = path(name, "legacy"), target_path = path(name, "target");
    refuse_own_address(legacy_path, legacy);
    refuse_own_address(target_path, target);
    if (unix_socket(legacy) && !allow_trust)
      s_.fail(s_.line_of(legacy_path),
              legacy_path +
                  ": a Unix socket lets every client in as the daemon's own user; name a host, or set "
                  "allow_trust: true");
    if (identity(legacy) == identity(target))
      s_.fail(s_.line_of(target_path),
              target_path + " and legacy are the same database; name the other server");
    unique(legacies_, legacy, legacy_path);
    unique(targets_, target, target_path);
  }

  void refuse_own_address(const std::string& path, const client::endpoint& e) const {
    const listen_address& own = s_.values.listen;
    if (own.port == 0 || e.port != std::to_string(own.port)) return;
    const bool loopback = server_of(e).starts_with("loopback\n");
    const bool all = own.host == "0.0.0.0" || own.host == "::";
    if (e.host == own.host || (loopback && (all || is_loopback(own))))
      s_.fail(s_.line_of(path), path + ": this is pgtandem's own listen address; name the server behind it");
  }

  void unique(std::map<std::string, std::string>& seen, const client::endpoint& e,
              const std::string& path) const {
    auto [first, fresh] = seen.emplace(identity(e), path);
    if (!fresh)
      s_.fail(s_.line_of(path), path + " is the same database as " + first->second + "; configure it once");
  }

  const config_source& s_;
  std::map<std::string, std::string> legacies_;  // identity -> path of the key
  std::map<std::string, std::string> targets_;
};

}  // namespace

void refuse_contradictions(const config_source& source) {
  checker c(source);
  c.addresses();
  c.databases();
}

}  // namespace pgtandem::proxy
