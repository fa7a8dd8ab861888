#include "proxy/session/planner/proven_cursors.h"

namespace pgtandem::proxy {

using sql::statement_kind;

void proven_cursors::note_sent(const plan& p) {
  // What is not proven may open and close any cursor; cascades run triggers, which may do the same. In
  // another encoding the same bytes are another name.
  if (p.mode == capture_mode::unproven || p.also_unproven || p.watched || p.changes_lexing) forget_all();
  switch (p.kind) {
    case statement_kind::declare_cursor:
      if (p.mode == capture_mode::harmless) names_.insert(p.name);
      break;
    case statement_kind::close_cursor:
      if (p.name.empty())  // ALL
        forget_all();
      else
        forget(p.name);
      break;
    case statement_kind::rollback_to:  // a DECLARE that failed may have met an older cursor, which stays
      forget_all();
      break;
    default:
      break;
  }
}

void proven_cursors::note_bound(std::string_view name, const plan* statement) {
  // Of what else is harmless the meaning may change with time, as that of EXECUTE.
  if (statement != nullptr && statement->mode == capture_mode::harmless &&
      statement->kind == statement_kind::select)
    names_.emplace(name);
  else
    forget_all();
}

void proven_cursors::forget(std::string_view name) {
  if (const auto it = names_.find(name); it != names_.end()) names_.erase(it);
}

}  // namespace pgtandem::proxy
