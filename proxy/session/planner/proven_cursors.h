// Names of cursors and named portals whose queries are proven to write nothing, so that FETCH and MOVE write
// nothing either. One per session.
//
// A cursor never takes the place of an open one: DECLARE and Bind fail where the name is taken, and nothing
// more runs before a rollback. So from a proven DECLARE or Bind on its name means that cursor, or none, until
// something else could open another, or a rollback could leave an older one in place. This holds in the order
// in which statements are sent, whatever becomes of them.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "proxy/session/capture/plan.h"

namespace pgtandem::proxy {

class proven_cursors {
 public:
  [[nodiscard]] bool contains(std::string_view name) const { return names_.contains(name); }
  // A statement of this plan is being sent.
  void note_sent(const plan& p);
  // The client binds a named portal, which shares its name space with cursors. Null: nothing is known of it.
  void note_bound(std::string_view name, const plan* statement);
  // A portal of that name is being closed by the protocol.
  void forget(std::string_view name);
  // A transaction ends.
  void forget_all() { names_.clear(); }

 private:
  std::set<std::string, std::less<>> names_;
};

}  // namespace pgtandem::proxy
