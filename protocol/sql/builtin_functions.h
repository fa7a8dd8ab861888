// The closed list of PostgreSQL's own functions that cannot write a row of an ordinary table, run SQL given
// as text, or change how names resolve. A call of anything else keeps a statement from being proven harmless.
// set_config is among them, but what it changes is in its argument (proof.cc). Pure data; thread-safe.
//
// An unqualified call is taken for the function of pg_catalog. A user may have made one of the same name that
// fits the arguments better, or that search_path puts first: whoever knows the catalog has to look for
// functions outside pg_catalog with one of these names, and for that the list is public.
#pragma once

#include <span>
#include <string_view>

namespace pgtandem::sql {

// All listed names of pg_catalog, sorted bytewise, without duplicates.
[[nodiscard]] std::span<const std::string_view> listed_functions();

// `name` as the parser folded it.
[[nodiscard]] bool is_listed_function(std::string_view name);

// The same for functions that are called as information_schema.name.
[[nodiscard]] bool is_listed_information_schema_function(std::string_view name);

}  // namespace pgtandem::sql
