#include "tests/support/pg_cluster.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "protocol/client/connection.h"
#include "tests/support/process.h"

namespace pgtandem::test_support {

namespace fs = std::filesystem;

namespace {

constexpr auto patience = std::chrono::seconds(60);

std::string read_file(const fs::path& path) {
  std::ifstream in(path);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

std::string quoted_setting(const std::string& value) {
  std::string out = "'";
  for (const char c : value) out += c == '\'' ? "''" : std::string(1, c);
  return out + "'";
}

}  // namespace

std::string find_postgresql_binaries() {
  int newest = 0;
  std::string found;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator("/usr/lib/postgresql", ignored)) {
    const auto bin = entry.path() / "bin";
    const int version = std::atoi(entry.path().filename().c_str());
    if (version > newest && fs::exists(bin / "postgres") && fs::exists(bin / "initdb")) {
      newest = version;
      found = bin;
    }
  }
  if (!found.empty()) return found;
  std::istringstream path(::getenv("PATH") != nullptr ? ::getenv("PATH") : "");
  for (std::string directory; std::getline(path, directory, ':');) {
    if (fs::exists(fs::path(directory) / "postgres")) return directory;
  }
  throw std::runtime_error("PostgreSQL's server binaries were not found; install the package postgresql");
}

struct pg_cluster::impl {
  server_user user = user_for_servers();
  std::string bin = find_postgresql_binaries();
  std::string root;
  std::string data;
  std::string sockets;
  std::string log;
  int port = 0;
  pid_t postmaster = -1;
  std::atomic<int> databases = 0;
  test_support::guardian guardian;

  void make_directory();
  void initialize(const cluster_options& options);
  bool try_start();
  void end_with(int signal);
  void signal_all(int signal) const;
};

void pg_cluster::impl::make_directory() {
  std::string pattern = (fs::temp_directory_path() / "pgtandem-test-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("cannot create " + pattern);
  root = pattern;
  data = root + "/data";
  sockets = root;  // a socket's path is limited to 107 bytes
  log = root + "/server.log";
  if (user.change && ::chown(root.c_str(), user.uid, user.gid) != 0) {
    throw std::runtime_error("cannot give " + root + " to " + user.name);
  }
  const std::string pid_file = data + "/postmaster.pid";
  guardian = start_guardian("test -f " + pid_file + " && kill -QUIT $(head -n 1 " + pid_file +
                            "); while test -f " + pid_file + " && kill -0 $(head -n 1 " + pid_file +
                            "); do sleep 0.1; done; rm -rf " + root);
}

void pg_cluster::impl::initialize(const cluster_options& options) {
  const auto pid = spawn_as(
      user,
      {bin + "/initdb", "-D", data, "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C"},
      root, log);
  if (wait_for(pid) != 0) throw std::runtime_error("initdb failed:\n" + read_file(log));
  std::ofstream conf(data + "/postgresql.conf", std::ios::app);
  conf << "listen_addresses = '127.0.0.1'\n"
       << "unix_socket_directories = " << quoted_setting(sockets) << "\n"
       << "max_connections = 100\nshared_buffers = 32MB\nlogging_collector = off\n"
       << "fsync = " << (options.fsync ? "on" : "off") << "\n";
  for (const auto& [name, value] : options.settings) conf << name << " = " << quoted_setting(value) << "\n";
  if (!options.hba.empty()) {
    std::ofstream hba(data + "/pg_hba.conf", std::ios::trunc);
    for (const auto& line : options.hba) hba << line << "\n";
  }
}

// false if the server ended before it accepted connections, e.g. because its port was taken meanwhile.
bool pg_cluster::impl::try_start() {
  postmaster = spawn_as(user, {bin + "/postgres", "-D", data, "-p", std::to_string(port)}, root, log);
  const std::string probe =
      "host=" + sockets + " port=" + std::to_string(port) + " dbname=postgres user=postgres";
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (std::chrono::steady_clock::now() < deadline) {
    if (has_ended(postmaster)) {
      postmaster = -1;
      return false;
    }
    try {
      client::connection c(probe);
      return true;
    } catch (const client::pg_error& e) {
      // The server answers and asks for more than this probe knows: it is up.
      if (std::string(e.what()).find("authentication") != std::string::npos) return true;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  throw std::runtime_error("PostgreSQL did not start in time:\n" + read_file(log));
}

void pg_cluster::impl::end_with(int signal) {
  if (postmaster < 0) return;
  ::kill(postmaster, signal);
  wait_for(postmaster);
  postmaster = -1;
}

void pg_cluster::impl::signal_all(int signal) const {
  if (postmaster < 0) return;
  ::kill(postmaster, signal);
  // Backends are the postmaster's children, each in a session of its own.
  for (const auto& process : fs::directory_iterator("/proc")) {
    std::ifstream stat(process.path() / "stat");
    std::string text;
    std::getline(stat, text);
    const auto end = text.rfind(')');
    if (end == std::string::npos) continue;
    std::istringstream rest(text.substr(end + 1));
    char state = 0;
    pid_t parent = 0;
    rest >> state >> parent;
    if (parent == postmaster) ::kill(std::atoi(process.path().filename().c_str()), signal);
  }
}

pg_cluster::pg_cluster(cluster_options options) : impl_(std::make_unique<impl>()) {
  impl_->make_directory();
  try {
    impl_->initialize(options);
    for (int attempt = 0; attempt < 5; ++attempt) {
      impl_->port = free_tcp_port();
      if (impl_->try_start()) return;
    }
    throw std::runtime_error("PostgreSQL did not start:\n" + server_log());
  } catch (...) {
    impl_->end_with(SIGQUIT);
    ::close(impl_->guardian.descriptor);
    throw;
  }
}

pg_cluster::~pg_cluster() {
  thaw();
  impl_->end_with(SIGQUIT);
  ::close(impl_->guardian.descriptor);
  ::waitpid(impl_->guardian.pid, nullptr, 0);
}

void pg_cluster::start() {
  if (running()) return;
  if (!impl_->try_start()) throw std::runtime_error("PostgreSQL did not start:\n" + server_log());
}
void pg_cluster::stop() {
  impl_->end_with(SIGINT);
}
void pg_cluster::crash() {
  impl_->end_with(SIGQUIT);
}
void pg_cluster::restart() {
  stop();
  start();
}
void pg_cluster::reload() {
  ::kill(impl_->postmaster, SIGHUP);
}
void pg_cluster::set(const std::string& name, const std::string& value) {
  std::ofstream(impl_->data + "/postgresql.conf", std::ios::app)
      << name << " = " << quoted_setting(value) << "\n";
}
void pg_cluster::freeze() {
  impl_->signal_all(SIGSTOP);
}
void pg_cluster::thaw() {
  impl_->signal_all(SIGCONT);
}

bool pg_cluster::running() const {
  return impl_->postmaster >= 0;
}
std::string pg_cluster::conninfo(const std::string& dbname, const std::string& user) const {
  return "host=127.0.0.1 port=" + std::to_string(impl_->port) + " dbname=" + dbname + " user=" + user;
}
std::string pg_cluster::unix_conninfo(const std::string& dbname, const std::string& user) const {
  return "host=" + impl_->sockets + " port=" + std::to_string(impl_->port) + " dbname=" + dbname +
         " user=" + user;
}
int pg_cluster::port() const {
  return impl_->port;
}
const std::string& pg_cluster::socket_directory() const {
  return impl_->sockets;
}
const std::string& pg_cluster::data_directory() const {
  return impl_->data;
}
std::string pg_cluster::server_log() const {
  return read_file(impl_->log);
}

void pg_cluster::create_database(const std::string& name) {
  execute("postgres", "CREATE DATABASE \"" + name + "\"");
}

std::string pg_cluster::fresh_database() {
  std::string name = "db" + std::to_string(++impl_->databases);
  create_database(name);
  return name;
}

void pg_cluster::execute(const std::string& dbname, const std::string& sql) {
  client::connection c(conninfo(dbname));
  c.query_simple(sql);
}

}  // namespace pgtandem::test_support
