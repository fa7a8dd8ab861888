#include "protocol/catalog/user_code.h"

#include <fmt/format.h>

#include <algorithm>

namespace pgtandem::catalog {
namespace {

// Stored expressions are node trees, in whose text the functions are named by oid: those of operators and of
// aggregates, too. What comes with the server has oids below 16384.
constexpr std::string_view user_code_sql = R"(
WITH RECURSIVE suspect AS MATERIALIZED (
  SELECT p.oid, p.proname, p.pronargs, p.pronargdefaults, p.proargtypes
    FROM pg_catalog.pg_proc p
   WHERE p.prorettype NOT IN ('trigger'::pg_catalog.regtype, 'event_trigger'::pg_catalog.regtype)
     AND CASE WHEN p.oid < 16384 THEN p.provolatile = 'v' AND p.proname <> ALL ($1::pg_catalog.text[])
              ELSE p.provolatile = 'v' OR NOT EXISTS (
                SELECT FROM pg_catalog.pg_depend d
                 WHERE d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.objid = p.oid AND d.deptype = 'e')
         END
), operators AS MATERIALIZED (
  SELECT o.oprname FROM pg_catalog.pg_operator o WHERE o.oid >= 16384 AND o.oprcode IN (SELECT s.oid FROM suspect s)
), casts AS MATERIALIZED (
  SELECT c.casttarget, c.castcontext FROM pg_catalog.pg_cast c
   WHERE c.oid >= 16384 AND c.castfunc IN (SELECT s.oid FROM suspect s)
), checked AS MATERIALIZED (
  SELECT c.contypid FROM pg_catalog.pg_constraint c
   WHERE c.contypid >= 16384 AND EXISTS (
     SELECT FROM pg_catalog.regexp_matches(c.conbin::pg_catalog.text, ':(?:funcid|opfuncid|aggfnoid|winfnoid) (\d+)', 'g') m
       JOIN suspect s ON s.oid = m[1]::pg_catalog.oid)
), types(oid) AS (
  SELECT c.casttarget FROM casts c UNION SELECT c.contypid FROM checked c
  UNION
  SELECT y.oid FROM types t CROSS JOIN LATERAL (
    SELECT d.oid FROM pg_catalog.pg_type d WHERE d.typbasetype = t.oid OR (d.typelem = t.oid AND d.typcategory = 'A')
    UNION ALL SELECT r.rngtypid FROM pg_catalog.pg_range r WHERE r.rngsubtype = t.oid
    UNION ALL SELECT k.reltype FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class k ON k.oid = a.attrelid
               WHERE a.atttypid = t.oid AND a.attnum > 0 AND t.oid >= 16384 AND k.reltype <> 0) y
), stored(relation, expression) AS MATERIALIZED (
  SELECT w.ev_class, w.ev_action::pg_catalog.text
    FROM pg_catalog.pg_rewrite w JOIN pg_catalog.pg_class c ON c.oid = w.ev_class
   WHERE w.ev_type = '1' AND c.relkind = 'v' AND c.oid >= 16384
  UNION ALL
  SELECT p.polrelid, pg_catalog.concat(p.polqual::pg_catalog.text, p.polwithcheck::pg_catalog.text)
    FROM pg_catalog.pg_policy p JOIN pg_catalog.pg_class c ON c.oid = p.polrelid WHERE c.relrowsecurity
), reads AS MATERIALIZED (
  SELECT s.relation, m[1]::pg_catalog.oid AS read
    FROM stored s, pg_catalog.regexp_matches(s.expression, ':relid (\d+)', 'g') m
), upon_write(relation, expression) AS MATERIALIZED (
  SELECT a.adrelid, a.adbin::pg_catalog.text FROM pg_catalog.pg_attrdef a
  UNION ALL
  SELECT c.conrelid, c.conbin::pg_catalog.text FROM pg_catalog.pg_constraint c WHERE c.contype = 'c' AND c.conrelid <> 0
  UNION ALL
  SELECT i.indrelid, pg_catalog.concat(i.indexprs::pg_catalog.text, i.indpred::pg_catalog.text)
    FROM pg_catalog.pg_index i WHERE i.indexprs IS NOT NULL OR i.indpred IS NOT NULL
  UNION ALL
  SELECT p.partrelid, p.partexprs::pg_catalog.text FROM pg_catalog.pg_partitioned_table p WHERE p.partexprs IS NOT NULL
  UNION ALL
  SELECT p.polrelid, pg_catalog.concat(p.polqual::pg_catalog.text, p.polwithcheck::pg_catalog.text)
    FROM pg_catalog.pg_policy p
), written(oid) AS (
  SELECT u.relation FROM upon_write u
   WHERE EXISTS (
     SELECT FROM pg_catalog.regexp_matches(u.expression, ':(?:funcid|opfuncid|aggfnoid|winfnoid) (\d+)', 'g') m
       JOIN suspect f ON f.oid = m[1]::pg_catalog.oid)
  UNION
  SELECT a.attrelid FROM types t JOIN pg_catalog.pg_attribute a ON a.atttypid = t.oid
   WHERE t.oid >= 16384 AND a.attnum > 0
  UNION
  SELECT i.inhparent FROM written w JOIN pg_catalog.pg_inherits i ON i.inhrelid = w.oid
), relations(oid) AS (
  SELECT s.relation FROM stored s
   WHERE EXISTS (
     SELECT FROM pg_catalog.regexp_matches(s.expression, ':(?:funcid|opfuncid|aggfnoid|winfnoid) (\d+)', 'g') m
       JOIN suspect f ON f.oid = m[1]::pg_catalog.oid)
      OR EXISTS (
     SELECT FROM pg_catalog.regexp_matches(s.expression, ':resulttype (\d+)', 'g') m
       JOIN types t ON t.oid = m[1]::pg_catalog.oid WHERE t.oid >= 16384)
  UNION
  SELECT r.relation FROM relations x JOIN reads r ON r.read = x.oid
)
SELECT 'f', s.proname FROM suspect s WHERE s.oid >= 16384
UNION
SELECT 'r', s.proname FROM suspect s JOIN pg_catalog.pg_type y ON y.oid = s.proargtypes[0]
 WHERE s.oid >= 16384 AND s.pronargs - s.pronargdefaults <= 1 AND y.typtype IN ('c', 'p', 'd')
UNION
SELECT 'o', o.oprname FROM operators o
UNION
SELECT 't', y.typname FROM types t JOIN pg_catalog.pg_type y ON y.oid = t.oid
UNION
SELECT 'v', c.relname FROM relations r JOIN pg_catalog.pg_class c ON c.oid = r.oid
UNION
SELECT 'w', w.oid::pg_catalog.text FROM written w
UNION
SELECT 'a', '' WHERE EXISTS (SELECT FROM casts c WHERE c.castcontext <> 'e')
   OR EXISTS (SELECT FROM operators o WHERE o.oprname IN ('=', '<>', '<', '>', '<=', '>='))
   OR EXISTS (SELECT FROM pg_catalog.pg_amproc a WHERE a.oid >= 16384 AND a.amproc IN (SELECT s.oid FROM suspect s)))";

std::string text_array(std::span<const std::string_view> values) {
  return fmt::format("{{{}}}", fmt::join(values, ","));  // names of the server's functions need no quotes
}

}  // namespace

user_code load_user_code(client::connection& c, std::span<const std::string_view> harmless) {
  user_code code;
  const auto rows = c.query(std::string(user_code_sql), {text_array(harmless)});
  for (int i = 0; i < rows.rows(); ++i) {
    const auto kind = rows.at(i, 0);
    auto& list = kind == "f"   ? code.functions
                 : kind == "r" ? code.row_functions
                 : kind == "o" ? code.operators
                 : kind == "t" ? code.types
                               : code.relations;
    if (kind == "a")
      code.anywhere = true;
    else if (kind == "w")
      code.written.insert(oid_t{static_cast<std::uint32_t>(rows.u64(i, 1))});
    else
      list.emplace(rows.at(i, 1));
  }
  return code;
}

std::set<std::string> lines_of(const user_code& code, std::span<const std::string_view> harmless) {
  std::set<std::string> lines;
  for (const auto& name : code.functions)
    if (std::ranges::find(harmless, name) != harmless.end()) lines.insert("function " + name);
  for (const auto& name : code.row_functions) lines.insert("function " + name);
  for (const auto& name : code.operators) lines.insert("operator " + name);
  for (const auto& name : code.types) lines.insert("cast or check of type " + name);
  for (const auto& name : code.relations) lines.insert("view or policy " + name);
  for (const oid_t table : code.written)
    lines.insert(fmt::format("default, check, index or policy of the table with oid {}", table.value));
  if (code.anywhere) lines.insert("implicit cast, comparison or operator class");
  return lines;
}

}  // namespace pgtandem::catalog
