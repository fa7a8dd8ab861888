// Keeps what sessions know of users' own code on legacy true: looks at its catalog at start, after every
// transaction that has defined something, and from time to time. Code that comes to be without pgtandem
// having seen its transaction may have run before it was known. Owns one thread between start() and stop().
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <thread>

#include "proxy/daemon/noted_file.h"
#include "proxy/session/capture/known_code.h"

namespace pgtandem::proxy {

struct code_watch_options {
  std::string database;  // as configured, for log lines
  std::string legacy;    // conninfo
  noted_file noted;      // what was known when pgtandem ran the last time; none: it has never
  // What has come to be so, sessions knowing it by now. False: it could not be taken note of, and will be
  // told again.
  std::function<bool(const std::set<std::string>& lines)> on_unseen;
};

class code_watch {
 public:
  // `fresh`: nothing was mirrored before, so whatever is there has done no harm.
  code_watch(code_watch_options options, bool fresh);
  ~code_watch() { stop(); }

  void start();
  void stop();
  [[nodiscard]] known_code& code() { return code_; }

 private:
  bool look();
  [[nodiscard]] bool seen(client::connection& legacy) const;

  const code_watch_options options_;
  known_code code_;
  // Of the thread, and of start() before it.
  std::optional<std::set<std::string>> lines_;  // of what is known; nullopt: all that comes is taken for old
  std::optional<xid_t> looked_;                 // definitions from here on are younger than the last look
  std::jthread thread_;
};

}  // namespace pgtandem::proxy
