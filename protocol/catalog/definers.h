// Who has defined what users' code on legacy (user_code.h) comes from: transactions that pgtandem has seen,
// or others.
#pragma once

#include <cstdint>
#include <span>

#include "protocol/client/connection.h"
#include "protocol/types.h"

namespace pgtandem::catalog {

// What is defined from now on is defined by this transaction or a later one. Blocking, as what follows; both
// throw client::pg_error.
[[nodiscard]] xid_t next_definer(client::connection& c);

struct definers {
  bool seen = false;
  bool others = false;
};

// Of functions, operators, casts, domains, views, policies and expressions that were defined or altered
// since. `seen`: without epoch.
[[nodiscard]] definers definers_since(client::connection& c, xid_t since,
                                      std::span<const std::uint32_t> seen);

}  // namespace pgtandem::catalog
