// Tables for tests of the session.
#pragma once

#include <string>

#include "protocol/catalog/relation.h"

namespace pgtandem::proxy::testing {

// CREATE TABLE public.<name> (id integer PRIMARY KEY, v text), as it is loaded.
inline catalog::relation keyed_table(oid_t oid, const std::string& name) {
  catalog::relation r;
  r.oid = oid;
  r.name = {"public", name};
  catalog::column id, v;
  id.name = "id";
  id.type = "integer";
  v.name = "v";
  v.type = "text";
  r.columns = {id, v};
  r.key = {{.column = 0, .form = catalog::key_form::bytewise}};
  return r;
}

}  // namespace pgtandem::proxy::testing
