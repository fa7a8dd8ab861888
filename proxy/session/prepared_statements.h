// Prepared statements and portals of a session by name, as far as the protocol showed them.
// A name that is not here was made by SQL or by nobody: nothing is known of it. One per session.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "proxy/session/outstanding.h"

namespace pgtandem::proxy {

class prepared_statements {
 public:
  [[nodiscard]] plan_ptr find(std::string_view name) const {
    const auto it = statements_.find(name);
    return it == statements_.end() ? nullptr : it->second.statement;
  }
  // Returns what the name meant before.
  plan_ptr store(const std::string& name, plan_ptr p) {
    return std::exchange(statements_[name], entry{std::move(p), ++clock_}).statement;
  }
  // Legacy dropped the name, or all names, by a request sent at `sent_at`. Known only once it has answered:
  // had the request been skipped, a rewritten statement would live on unrecognised. Later Parses stay.
  [[nodiscard]] std::uint64_t now() const { return clock_; }
  void erase(std::string_view name, std::uint64_t sent_at) {
    const auto it = statements_.find(name);
    if (it != statements_.end() && it->second.stored_at <= sent_at) statements_.erase(it);
  }
  void erase_all(std::uint64_t sent_at) {
    std::erase_if(statements_, [&](const auto& s) { return s.second.stored_at <= sent_at; });
  }
  // A Parse of `name` came to nothing: the earlier meaning holds again, unless the name was given anew since.
  void restore(const std::string& name, const plan_ptr& failed, plan_ptr previous) {
    const auto it = statements_.find(name);
    if (it == statements_.end() || it->second.statement != failed) return;
    if (previous)
      it->second.statement = std::move(previous);
    else
      statements_.erase(it);
  }

  [[nodiscard]] std::shared_ptr<portal> find_portal(std::string_view name) const {
    const auto it = portals_.find(name);
    return it == portals_.end() ? nullptr : it->second;
  }
  void store_portal(const std::string& name, std::shared_ptr<portal> p) { portals_[name] = std::move(p); }
  void erase_portal(std::string_view name) {
    if (const auto it = portals_.find(name); it != portals_.end()) portals_.erase(it);
  }
  // Portals die with their transaction.
  void clear_portals() { portals_.clear(); }

 private:
  struct entry {
    plan_ptr statement;
    std::uint64_t stored_at = 0;
  };
  std::map<std::string, entry, std::less<>> statements_;
  std::uint64_t clock_ = 0;
  std::map<std::string, std::shared_ptr<portal>, std::less<>> portals_;
};

}  // namespace pgtandem::proxy
