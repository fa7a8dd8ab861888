// The catalog queries of load.cc and shape.cc, for PostgreSQL 12 and later. $1 is an array of relation OIDs
// where one is taken.
#pragma once

#include <string>
#include <string_view>

namespace pgtandem::catalog {

// oid, schema, name, relkind, has rules, row security, has inheritance children
[[nodiscard]] std::string relations_sql();
// $1: a JSON array of {"schema": …, "name": …}.
[[nodiscard]] std::string named_relations_sql();
// root, oid, relkind: everything below a partition root
[[nodiscard]] std::string_view partitions_sql();
// relation, attnum, name, type oid, type name, generated, not null, has default, collatable
[[nodiscard]] std::string_view columns_sql();
// Every type that the columns need: oid, schema, name, typtype, typcategory, typlen, element, base, base
// name, range subtype, extension, fields as '1,2,3'
[[nodiscard]] std::string types_sql(int server_version);
// One row per key column of each usable unique index, the best index of a relation first:
// relation, index, attnum, deterministic and of a default operator class, equality operator, its schema
[[nodiscard]] std::string_view keys_sql();
// oid, schema, name, line: what load_shapes() reads; see shape.h
[[nodiscard]] std::string_view shapes_sql();
// relation, deferrable: one row per enabled user trigger
[[nodiscard]] std::string_view triggers_sql();
// relation, constraint, child, on delete, on update, column of the child, column that it refers to,
// the operator between them and its schema
[[nodiscard]] std::string_view cascades_sql();

}  // namespace pgtandem::catalog
