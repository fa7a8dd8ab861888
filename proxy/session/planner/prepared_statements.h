// Prepared statements and portals of a session by name, as far as the protocol showed them.
// A name that is not here was made by SQL or by nobody: nothing is known of it. One per session.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "proxy/session/legs/outstanding.h"

namespace pgtandem::proxy {

// What names mean. Requests are answered later than they are sent: what legacy drops by a request is what a
// name meant when that was sent, not what it has been given since.
template <class Meaning>  // a shared_ptr
class meanings {
 public:
  [[nodiscard]] Meaning find(std::string_view name) const {
    const auto it = entries_.find(name);
    return it == entries_.end() ? nullptr : it->second.meaning;
  }
  // Returns what the name meant before.
  Meaning store(const std::string& name, Meaning meaning, std::uint64_t at) {
    return std::exchange(entries_[name], entry{std::move(meaning), at}).meaning;
  }
  void erase(std::string_view name, std::uint64_t sent_at) {
    const auto it = entries_.find(name);
    if (it != entries_.end() && it->second.stored_at <= sent_at) entries_.erase(it);
  }
  void erase_all(std::uint64_t sent_at) {
    std::erase_if(entries_, [&](const auto& e) { return e.second.stored_at <= sent_at; });
  }
  // What was to give `name` a meaning came to nothing: the earlier one holds again, unless it was given
  // another since.
  void restore(const std::string& name, const Meaning& failed, Meaning previous) {
    const auto it = entries_.find(name);
    if (it == entries_.end() || it->second.meaning != failed) return;
    if (previous)
      it->second.meaning = std::move(previous);
    else
      entries_.erase(it);
  }
  template <class Change>  // Meaning(const Meaning&)
  void change_all(std::uint64_t sent_at, const Change& change) {
    for (auto& [name, e] : entries_)
      if (e.meaning && e.stored_at <= sent_at) e.meaning = change(e.meaning);
  }

 private:
  struct entry {
    Meaning meaning;
    std::uint64_t stored_at = 0;
  };
  std::map<std::string, entry, std::less<>> entries_;
};

class prepared_statements {
 public:
  using portal_ptr = std::shared_ptr<portal>;

  // To be noted with a request when it is sent, and given back as `sent_at` when it is answered.
  [[nodiscard]] std::uint64_t now() const { return clock_; }

  [[nodiscard]] plan_ptr find(std::string_view name) const { return statements_.find(name); }
  // Returns what the name meant before.
  plan_ptr store(const std::string& name, plan_ptr p) {
    return statements_.store(name, std::move(p), ++clock_);
  }
  // Legacy has dropped the name, or all names. Known only once it has answered: had the request been skipped,
  // a rewritten statement would live on unrecognised. Later Parses stay.
  void erase(std::string_view name, std::uint64_t sent_at) { statements_.erase(name, sent_at); }
  void erase_all(std::uint64_t sent_at) { statements_.erase_all(sent_at); }
  // One of them may have been dropped, nobody knows which: legacy has to say so where it is used.
  void doubt_all(std::uint64_t sent_at) {
    statements_.change_all(sent_at, [](const plan_ptr& p) {
      if (!p->source) return p;
      auto doubted = std::make_shared<plan>(*p);
      doubted->source.reset();
      return plan_ptr(std::move(doubted));
    });
  }
  // A Parse of `name` came to nothing.
  void restore(const std::string& name, const plan_ptr& failed, plan_ptr previous) {
    statements_.restore(name, failed, std::move(previous));
  }

  [[nodiscard]] portal_ptr find_portal(std::string_view name) const { return portals_.find(name); }
  // Returns what the name meant before.
  portal_ptr store_portal(const std::string& name, portal_ptr p) {
    return portals_.store(name, std::move(p), ++clock_);
  }
  // As with statements, only what legacy has answered closes a portal. One that is kept too long does no
  // harm: legacy says that it does not exist.
  void erase_portal(std::string_view name, std::uint64_t sent_at) { portals_.erase(name, sent_at); }
  // Portals die with their transaction.
  void erase_portals(std::uint64_t sent_at) { portals_.erase_all(sent_at); }
  // A Bind came to nothing: the earlier portal may still be open.
  void restore_portal(const std::string& name, const portal_ptr& failed, portal_ptr previous) {
    portals_.restore(name, failed, std::move(previous));
  }

 private:
  meanings<plan_ptr> statements_;
  meanings<portal_ptr> portals_;
  std::uint64_t clock_ = 0;
};

}  // namespace pgtandem::proxy
