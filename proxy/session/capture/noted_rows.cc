#include "proxy/session/capture/noted_rows.h"

#include "protocol/catalog/image_sql.h"

namespace pgtandem::proxy {
namespace {

// All notes so far, as the elements of a JSON array; '!' where there were too many.
constexpr std::string_view notes =
    "COALESCE(pg_catalog.current_setting('pgtandem.notes', true), ''::pg_catalog.text)";
constexpr std::string_view most_bytes = "65536";

// `entry`: an expression for one element; where it is NULL nothing can be told any more.
std::string add_note(const std::string& entry) {
  const std::string all(notes);
  return "CASE WHEN " + all + " OPERATOR(pg_catalog.<>) '!' THEN pg_catalog.set_config('pgtandem.notes', " +
         "CASE WHEN pg_catalog.octet_length(" + all + ") OPERATOR(pg_catalog.>) " + std::string(most_bytes) +
         " OR (" + entry + ") IS NULL THEN '!' WHEN " + all + " OPERATOR(pg_catalog.=) '' THEN (" + entry +
         ") ELSE " + all + " OPERATOR(pg_catalog.||) ',' OPERATOR(pg_catalog.||) (" + entry +
         ") END, true) END";
}

std::string place_of(std::string_view alias) {
  const std::string row(alias);
  return row + ".tableoid::pg_catalog.text OPERATOR(pg_catalog.||) ' ' OPERATOR(pg_catalog.||) " + row +
         ".ctid::pg_catalog.text";
}

std::string images_of(const noted_table& t) {
  constexpr std::string_view row = "pgtandem_row";
  const std::string table = (t.name.schema ? catalog::quote_identifier_ascii(*t.name.schema) + "." : "") +
                            catalog::quote_identifier_ascii(t.name.name);
  std::string sql = " UNION ALL SELECT 'u', ";
  sql += catalog::image_expression(*t.relation, row, catalog::image_form_for(*t.relation, t.target.unmet));
  sql += (t.target.kind == 'r' ? " FROM ONLY " : " FROM ") + table + " AS " + std::string(row);
  // The array lets legacy go to the places; the pair tells partitions apart.
  sql +=
      " WHERE pgtandem_row.ctid OPERATOR(pg_catalog.=) ANY (ARRAY(SELECT pg_catalog.split_part(e, ' ', 3)"
      "::pg_catalog.tid FROM pgtandem_note WHERE pg_catalog.left(e, 1) OPERATOR(pg_catalog.=) 'u'))"
      " AND (" +
      place_of(row) +
      ") OPERATOR(pg_catalog.=) ANY (SELECT pg_catalog.substr(e, 3) FROM pgtandem_note "
      "WHERE pg_catalog.left(e, 1) OPERATOR(pg_catalog.=) 'u')";
  return sql;
}

}  // namespace

std::string note_of_written_row(std::string_view alias) {
  return add_note("'\"u ' OPERATOR(pg_catalog.||) " + place_of(alias) + " OPERATOR(pg_catalog.||) '\"'");
}

std::string note_of_removed_row(const catalog::relation& relation, std::string_view alias,
                                const resolved_name& target) {
  const auto form = catalog::image_form_for(catalog::key_part(relation), target.unmet);
  return add_note("pg_catalog.to_json('d'::pg_catalog.text OPERATOR(pg_catalog.||) (" +
                  catalog::key_expression(relation, alias, form) + "))::pg_catalog.text");
}

std::string noted_rows_query(std::span<const noted_table> tables) {
  std::string sql = "WITH pgtandem_all AS MATERIALIZED (SELECT ";
  sql.append(notes).append(
      " AS n), pgtandem_note AS MATERIALIZED (SELECT x.e FROM pgtandem_all, "
      "pg_catalog.json_array_elements_text(('['::pg_catalog.text OPERATOR(pg_catalog.||) "
      "CASE WHEN n OPERATOR(pg_catalog.=) '!' THEN '' ELSE n END OPERATOR(pg_catalog.||) "
      "']')::pg_catalog.json) AS x(e)) "
      "SELECT 'n'::pg_catalog.text AS what, CASE WHEN n OPERATOR(pg_catalog.<>) '!' THEN "
      "(SELECT pg_catalog.count(*) FROM pgtandem_note)::pg_catalog.text END FROM pgtandem_all "
      "UNION ALL SELECT 'd', pg_catalog.substr(e, 2) FROM pgtandem_note "
      "WHERE pg_catalog.left(e, 1) OPERATOR(pg_catalog.=) 'd'");
  for (const noted_table& t : tables) sql += images_of(t);
  // The sort asks for all rows before it gives the first, so the notes have been read by then.
  sql += " UNION ALL SELECT 'z', pg_catalog.set_config('pgtandem.notes', '', true) ORDER BY what";
  return sql;
}

std::optional<noted_row> decode_noted_row(const wire::data_row& row) {
  using kind = noted_row::kind;
  if (row.columns.size() != 2 || !row.columns[0] || row.columns[0]->size() != 1) return std::nullopt;
  switch (row.columns[0]->front()) {
    case 'd':
      return noted_row{kind::removed, row.columns[1]};
    case 'n':
      return noted_row{kind::count, row.columns[1]};
    case 'u':
      return noted_row{kind::written, row.columns[1]};
    case 'z':
      return noted_row{kind::cleared, std::nullopt};
    default:
      return std::nullopt;
  }
}

}  // namespace pgtandem::proxy
