// A throwaway PostgreSQL cluster for tests: own directory, own Unix socket directory, free TCP port on
// 127.0.0.1.
//
// Runs as user postgres when the test runs as root. The destructor stops it and removes everything; so does a
// guardian process if the test dies without one. Throws std::runtime_error with the server's log when
// something fails. Not thread-safe, except conninfo() and port().
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace pgtandem::test_support {

struct cluster_options {
  bool fsync = false;                                         // on where a test is about what survives
  std::vector<std::pair<std::string, std::string>> settings;  // further lines of postgresql.conf
  std::vector<std::string> hba;                               // pg_hba.conf, instead of trust for everybody
};

class pg_cluster {
 public:
  // initdb and start. The superuser is "postgres", without a password.
  explicit pg_cluster(cluster_options options = {});
  ~pg_cluster();
  pg_cluster(const pg_cluster&) = delete;
  pg_cluster& operator=(const pg_cluster&) = delete;

  void start();    // on the same port as before; returns when it accepts connections
  void stop();     // fast: sessions are cut, everything is written
  void crash();    // immediate: recovery at the next start
  void restart();  // stop and start
  void reload();   // after set()
  // A line of postgresql.conf, for the next start or reload.
  void set(const std::string& name, const std::string& value);
  // The postmaster and all backends stop to run, and go on: a server that hangs.
  void freeze();
  void thaw();

  [[nodiscard]] bool running() const;
  [[nodiscard]] std::string conninfo(const std::string& dbname, const std::string& user = "postgres") const;
  [[nodiscard]] std::string unix_conninfo(const std::string& dbname,
                                          const std::string& user = "postgres") const;
  [[nodiscard]] int port() const;
  [[nodiscard]] const std::string& socket_directory() const;
  [[nodiscard]] const std::string& data_directory() const;
  [[nodiscard]] std::string server_log() const;

  void create_database(const std::string& name);
  // Creates a database of a name not used before in this cluster and returns its name.
  std::string fresh_database();
  // Runs SQL (several statements are fine) in a connection of its own.
  void execute(const std::string& dbname, const std::string& sql);

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

// Clusters that all tests of one executable share; started on first use, removed after the last test. Tests
// that stop or crash a cluster make their own.
pg_cluster& shared_cluster();
pg_cluster& second_shared_cluster();

// Directory of initdb and postgres: the newest /usr/lib/postgresql/*/bin, else PATH.
[[nodiscard]] std::string find_postgresql_binaries();

}  // namespace pgtandem::test_support
