// Code made by users that may write and that a statement can run without saying so: functions that share the
// name of a built-in, operators, casts, checks of domains, and relations the reading of which calls any of
// these. Plain data; loaded through an own connection (blocking, throws client::pg_error).
#pragma once

#include <set>
#include <span>
#include <string>
#include <string_view>

#include "protocol/client/connection.h"
#include "protocol/types.h"

namespace pgtandem::catalog {

// By name alone, whatever the schema: a name that means something harmless besides is looked at once too
// often.
struct user_code {
  using names = std::set<std::string, std::less<>>;
  names functions{};
  names row_functions{};  // those of them that take one row, and so may be written as row.name
  names operators{};
  names types{};      // casts to them, and checks of domains in them
  names relations{};  // views and tables with policies
  std::set<oid_t>
      written{};          // tables whose defaults, checks, indexes or policies run it when they are written
  bool anywhere = false;  // implicit casts, comparisons: any expression may run it

  friend bool operator==(const user_code&, const user_code&) = default;
};

// A function may write unless it came with the server and is either not volatile or one of `harmless`
// (sql::listed_functions()), or came with an extension and is not volatile. The word of a user's function
// that it is not volatile is not taken: it may call one that is.
[[nodiscard]] user_code load_user_code(client::connection& c, std::span<const std::string_view> harmless);

// A line for people about each of these by which a statement may run code of users that seemed to run none:
// a call of what is not in `harmless` never did.
[[nodiscard]] std::set<std::string> lines_of(const user_code& code,
                                             std::span<const std::string_view> harmless);

}  // namespace pgtandem::catalog
