// The names in a statement by which users' own functions may come to run although every call in it is one of
// a built-in: which of them do takes the catalog (catalog/user_code.h). Plain data.
#pragma once

#include <string>
#include <vector>

namespace pgtandem::sql {

// Each name once, sorted, as the parser folded it; functions and operators of pg_catalog left out.
struct used_names {
  std::vector<std::string> functions{};  // called; perhaps those of built-ins that a user has made again
  std::vector<std::string>
      operators{};                    // where only a clause implies one (IN, USING, ORDER BY) it is not here
  std::vector<std::string> types{};   // cast to
  std::vector<std::string> fields{};  // (expression).name: a column, or a function of one argument
  std::vector<std::string> row_fields{};  // row.name: the same, of a row
  std::vector<std::string> relations{};   // read, whatever their schema; names of CTEs among them

  friend bool operator==(const used_names&, const used_names&) = default;
};

}  // namespace pgtandem::sql
