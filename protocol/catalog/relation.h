// What pgtandem knows of a table, on legacy or on the target. Plain data; loaded by load.h.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "protocol/change/record.h"
#include "protocol/types.h"

namespace pgtandem::catalog {

// How an exact, setting-independent text of a column is obtained beside row_to_json (see image_sql.h).
enum class column_form : std::uint8_t {
  json,         // row_to_json is exact as it is
  text,         // column::text is independent of settings (json, jsonb, arrays of such types ...)
  float4,       // float4send, as hex
  float8,       // float8send, as hex
  interval,     // interval_send, as hex
  money,        // cash_send, as hex
  char_code,    // "char": its number; the character itself may be half of one
  unsupported,  // no exact form known: writes of this table are marked, not imaged
};

// How equality of a key column relates to equality of its text.
enum class key_form : std::uint8_t {
  bytewise,  // equal values have equal text
  numeric,   // equal after dropping trailing zeros of the fraction
  bpchar,    // equal after dropping trailing spaces
  floating,  // equal but for the sign of zero
  caseless,  // equal where upper and lower case are one (citext): text tells only what is certainly unequal
  opaque,    // text says nothing (interval, jsonb, nondeterministic collation)
};

// Settings under which alone the text form of a column is exact, or can be sent. Where a session has others,
// the image is made under pinned ones (image_form).
enum column_needs : std::uint8_t {
  needs_nothing = 0,
  needs_float_digits = 1,    // extra_float_digits > 0, the default (arrays of floats, geometric types)
  needs_iso_dates = 2,       // DateStyle ISO, the default (ranges of timestamps, composites with dates)
  needs_interval_style = 4,  // IntervalStyle postgres, the default (arrays of intervals)
  needs_c_money = 8,         // lc_monetary C (money in arrays and composites)
  needs_utf8 = 16,           // client_encoding UTF8: every image needs it
  needs_every_text_setting = needs_float_digits | needs_iso_dates | needs_interval_style | needs_c_money,
};

struct column {
  std::string name;
  std::string type;  // format_type(), e.g. "numeric(10,2)"
  column_form form = column_form::json;
  bool generated = false;  // GENERATED ALWAYS AS ... STORED: never written
  bool not_null = false;
  bool has_default = false;
  bool collatable = false;
  bool unbounded = false;              // values may be large (varlena without length limit)
  bool apart = false;                  // kept out of row_to_json, which may fail on it or spoil the row
  std::string base_type = {};          // format_type() below all domains; empty: same as type
  std::uint8_t needs = needs_nothing;  // a set of column_needs, only with column_form::text
  friend bool operator==(const column&, const column&) = default;
};

struct key_column {
  std::uint32_t column = 0;  // index into relation::columns
  key_form form = key_form::bytewise;
  // The key index's own equality: types of extensions have theirs outside of pg_catalog.
  std::string equality = "OPERATOR(pg_catalog.=)";
  friend bool operator==(const key_column&, const key_column&) = default;
};

// A foreign key of another table, by which what happens to a row here is carried to the rows that refer to
// it.
struct cascade {
  oid_t child;                          // as the constraint has it: perhaps a partition
  char on_delete = 'a';                 // pg_constraint.confdeltype; 'c', 'n' and 'd' write the child
  char on_update = 'a';                 // pg_constraint.confupdtype
  std::vector<std::string> columns;     // of the child
  std::vector<std::string> referenced;  // of this table, in the same order
  std::vector<std::string> equality;    // `referenced` OPERATOR(...) `column`, for each of them
  friend bool operator==(const cascade&, const cascade&) = default;
};

struct relation {
  oid_t oid;
  change::table_name name;
  char kind = 'r';              // pg_class.relkind: 'r' or 'p' (partition root)
  std::vector<column> columns;  // in attnum order, without dropped ones
  std::vector<key_column> key;  // empty: no usable key
  std::vector<oid_t> leaves;    // partition leaves (and the roots between) of a root, else empty
  std::vector<change::table_name> leaf_names;  // of the same
  bool has_user_triggers = false;              // any enabled non-internal trigger, on it or a leaf
  bool has_deferrable_triggers = false;        // any of them INITIALLY DEFERRED or DEFERRABLE
  bool has_rules = false;
  bool has_row_security = false;
  bool has_inheritance_children = false;  // a plain parent: RETURNING images carry the child's tableoid
  std::vector<cascade> cascades;          // from it or one of its partitions
  // What decides how its rows are to be read, a line each and in no order that means anything (shape.h). Two
  // images of a table were made alike if its shape was the same.
  std::vector<std::string> shape = {};
  // Names of what makes the table unfit, for people; empty when rows can be captured by RETURNING.
  std::vector<std::string> refusals;
  friend bool operator==(const relation&, const relation&) = default;
};

}  // namespace pgtandem::catalog
