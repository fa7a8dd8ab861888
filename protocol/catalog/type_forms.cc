#include "protocol/catalog/type_forms.h"

#include <algorithm>
#include <charconv>
#include <set>
#include <string_view>

namespace pgtandem::catalog {

namespace {

using names = std::set<std::string_view>;

// row_to_json yields their value under any setting.
const names exact_as_json = {"bool",     "int2",      "int4",          "int8",       "oid",    "numeric",
                             "text",     "varchar",   "bpchar",        "name",       "uuid",   "inet",
                             "cidr",     "macaddr",   "macaddr8",      "bit",        "varbit", "bytea",
                             "date",     "timestamp", "timestamptz",   "time",       "timetz", "tsvector",
                             "tsquery",  "pg_lsn",    "xid",           "xid8",       "cid",    "tid",
                             "jsonpath", "refcursor", "txid_snapshot", "pg_snapshot"};

// Their output function's text is read back to the same value under any setting, also inside other types.
const names exact_as_text = {
    "bool",     "int2",     "int4",      "int8",       "oid",       "numeric",       "text",
    "varchar",  "bpchar",   "name",      "uuid",       "inet",      "cidr",          "macaddr",
    "macaddr8", "bit",      "varbit",    "bytea",      "json",      "jsonb",         "time",
    "timetz",   "tsvector", "tsquery",   "pg_lsn",     "xid",       "xid8",          "cid",
    "tid",      "jsonpath", "refcursor", "int2vector", "oidvector", "txid_snapshot", "pg_snapshot"};

const names dates = {"date", "timestamp", "timestamptz"};
const names floats = {"float4", "float8", "point", "line", "lseg", "box", "path", "polygon", "circle"};

// Types of extensions whose output asks no setting. Others are read as pg_dump reads them, under pinned ones.
const std::map<std::string_view, names> extension_types = {
    {"hstore", {"hstore"}},
    {"citext", {"citext"}},
    {"ltree", {"ltree", "lquery", "ltxtquery"}},
};

// Equal values have equal text in an image.
const names bytewise_keys = {"bool",   "int2",  "int4",        "int8", "oid",     "text",     "varchar",
                             "name",   "uuid",  "inet",        "cidr", "macaddr", "macaddr8", "bit",
                             "varbit", "date",  "timestamp",   "time", "pg_lsn",  "xid",      "xid8",
                             "money",  "bytea", "timestamptz", "char"};

const type_info* find(const type_map& types, oid_t type) {
  const auto it = types.find(type);
  return it == types.end() ? nullptr : &it->second;
}

bool builtin(const type_info& t) {
  return t.schema == "pg_catalog";
}

bool is_array(const type_info& t) {
  return t.category == 'A' && t.length == -1 && t.element.value != 0;
}

const type_info* below_domains(const type_map& types, const type_info* t) {
  for (int depth = 0; t != nullptr && t->kind == 'd' && depth < 64; ++depth) t = find(types, t->base);
  return t;
}

using needs_or_nothing = std::optional<std::uint8_t>;

// The settings on which the text of the type depends; nullopt: no setting makes it exact.
needs_or_nothing text_needs(const type_map& types, oid_t type, int depth = 0) {
  const auto* t = below_domains(types, find(types, type));
  if (t == nullptr || depth > 32) return std::nullopt;
  if (builtin(*t)) {
    if (exact_as_text.contains(t->name)) return needs_nothing;
    if (dates.contains(t->name)) return needs_iso_dates;
    if (floats.contains(t->name)) return needs_float_digits;
    if (t->name == "interval") return needs_interval_style;
    if (t->name == "money") return needs_c_money;
  }
  if (const auto e = extension_types.find(t->extension);
      e != extension_types.end() && e->second.contains(t->name)) {
    return needs_nothing;
  }
  if (t->kind == 'e') return needs_nothing;
  if (t->kind == 'r' || t->kind == 'm') return text_needs(types, t->range_subtype, depth + 1);
  if (t->kind == 'b' && is_array(*t)) return text_needs(types, t->element, depth + 1);
  if (t->kind == 'b' && !builtin(*t)) return needs_every_text_setting;
  if (t->kind != 'c') return std::nullopt;
  std::uint8_t all = needs_nothing;
  for (const auto field : t->fields) {
    const auto needs = text_needs(types, field, depth + 1);
    if (!needs) return std::nullopt;
    all |= *needs;
  }
  return all;
}

// Whether row_to_json would run a cast to json that an extension or a user has made for the type, or for one
// inside of it: such a cast may fail.
bool may_be_cast_to_json(const type_map& types, oid_t type, int depth = 0) {
  const auto* t = below_domains(types, find(types, type));
  if (t == nullptr || depth > 32 || t->kind == 'e' || t->kind == 'r' || t->kind == 'm') return false;
  if (t->kind == 'c') {
    return std::any_of(t->fields.begin(), t->fields.end(),
                       [&](oid_t field) { return may_be_cast_to_json(types, field, depth + 1); });
  }
  if (is_array(*t)) return may_be_cast_to_json(types, t->element, depth + 1);
  return !builtin(*t);
}

type_form text_form(const type_map& types, const type_info& t, oid_t type) {
  type_form out;
  out.form = column_form::text;
  // The stored text, which xml's output function does not keep: exact alone, not inside of other types.
  if (builtin(t) && t.name == "xml") return out;
  // Arrays of dates are put together from JSON, which has one form for them (image_sql.cc).
  const auto* element = is_array(t) ? find(types, t.element) : nullptr;
  if (element != nullptr && builtin(*element) && dates.contains(element->name)) return out;
  const auto needs = text_needs(types, type);
  if (!needs) {
    out.form = column_form::unsupported;
  } else {
    out.needs = *needs;
  }
  return out;
}

// n of "character varying(n)"; 0 without.
int declared_length(std::string_view type_name) {
  const auto open = type_name.find('(');
  int n = 0;
  if (open != std::string_view::npos)
    std::from_chars(type_name.data() + open + 1, type_name.data() + type_name.size(), n);
  return n;
}

bool is_unbounded(const type_map& types, const type_info& t, std::string_view base_type) {
  static const names bounded = {"numeric", "inet", "cidr", "int2vector"};
  static const names by_length = {"varchar", "bpchar", "bit", "varbit"};
  constexpr int short_enough = 10000;
  if (t.length != -1) return false;
  if (t.kind == 'r') {
    const auto* subtype = below_domains(types, find(types, t.range_subtype));
    return subtype == nullptr || is_unbounded(types, *subtype, "");
  }
  if (!builtin(t)) return true;
  if (bounded.contains(t.name)) return false;
  const int n = by_length.contains(t.name) ? declared_length(base_type) : 0;
  return n == 0 || n > short_enough;
}

}  // namespace

type_form form_of(const type_map& types, oid_t type, const std::string& type_name) {
  const auto* t = find(types, type);
  std::string base_type = type_name;
  for (int depth = 0; t != nullptr && t->kind == 'd' && depth < 64; ++depth) {
    base_type = t->base_name;
    type = t->base;
    t = find(types, type);
  }
  type_form out;
  if (t != nullptr) {
    static const std::map<std::string_view, column_form> own = {
        {"float4", column_form::float4},     {"float8", column_form::float8},
        {"interval", column_form::interval}, {"money", column_form::money},
        {"char", column_form::char_code},
    };
    const auto found = builtin(*t) ? own.find(t->name) : own.end();
    if (found != own.end()) {
      out.form = found->second;
    } else if (t->kind == 'e' || (builtin(*t) && exact_as_json.contains(t->name))) {
      out.form = column_form::json;
    } else {
      out = text_form(types, *t, type);
    }
    out.unbounded = is_unbounded(types, *t, base_type);
    out.apart = out.form == column_form::char_code || may_be_cast_to_json(types, type);
  }
  out.base_type = std::move(base_type);
  return out;
}

key_form key_form_of(const type_map& types, oid_t type, bool deterministic) {
  const auto* t = below_domains(types, find(types, type));
  if (t == nullptr || !deterministic) return key_form::opaque;
  if (t->kind == 'e') return key_form::bytewise;
  if (t->extension == "citext" && t->name == "citext") return key_form::caseless;
  if (!builtin(*t)) return key_form::opaque;
  if (t->name == "float4" || t->name == "float8") return key_form::floating;
  if (t->name == "numeric") return key_form::numeric;
  if (t->name == "bpchar") return key_form::bpchar;
  return bytewise_keys.contains(t->name) ? key_form::bytewise : key_form::opaque;
}

column_form form_in_key(const type_map& types, oid_t type, column_form form) {
  const auto* t = below_domains(types, find(types, type));
  // In JSON they follow TimeZone and bytea_output: exact, but with more than one text for a value.
  const bool varies = t != nullptr && builtin(*t) && (t->name == "timestamptz" || t->name == "bytea");
  return varies ? column_form::text : form;
}

}  // namespace pgtandem::catalog
