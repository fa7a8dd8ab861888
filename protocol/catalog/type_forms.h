// Which exact text a type has (relation.h, column_form), from its catalog entry. Pure functions.
//
// What is claimed of each type here is proven in exact_image_pgtest.cc on a server, under hostile settings.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "protocol/catalog/relation.h"

namespace pgtandem::catalog {

// A row of pg_type with what hangs on it.
struct type_info {
  std::string schema;
  std::string name;
  char kind = 'b';            // typtype
  char category = 'U';        // typcategory
  int length = -1;            // typlen
  oid_t element;              // of an array
  oid_t base;                 // of a domain
  std::string base_name;      // of a domain: format_type(typbasetype, typtypmod)
  oid_t range_subtype;        // of a range or multirange
  std::string extension;      // that owns it
  std::vector<oid_t> fields;  // of a composite
};
using type_map = std::map<oid_t, type_info>;

struct type_form {
  column_form form = column_form::unsupported;
  std::uint8_t needs = needs_nothing;
  bool unbounded = false;
  bool apart = false;
  std::string base_type;  // format_type() below all domains
};

// `type_name` is format_type() of the column.
[[nodiscard]] type_form form_of(const type_map& types, oid_t type, const std::string& type_name);

// How the type's default equality relates to the text that an image holds. `deterministic` is of the
// collation.
[[nodiscard]] key_form key_form_of(const type_map& types, oid_t type, bool deterministic);

// The form that a column has as part of a key: some types have one text per value only there.
[[nodiscard]] column_form form_in_key(const type_map& types, oid_t type, column_form form);

}  // namespace pgtandem::catalog
