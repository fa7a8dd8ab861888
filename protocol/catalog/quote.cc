#include "protocol/catalog/image_sql.h"

namespace pgtandem::catalog {

std::string quote_identifier(std::string_view name) {
  std::string out = "\"";
  for (const char c : name) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
  return out;
}

std::string qualified_name(const change::table_name& t) {
  return quote_identifier(t.schema) + "." + quote_identifier(t.name);
}

std::string quote_literal(std::string_view text) {
  // E'' alone means the same under both settings of standard_conforming_strings; without a backslash both do.
  std::string out = text.find('\\') == std::string_view::npos ? "'" : "E'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += c;
    out += c;
  }
  out += '\'';
  return out;
}

}  // namespace pgtandem::catalog
