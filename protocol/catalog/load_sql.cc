#include "protocol/catalog/load_sql.h"

#include <fmt/format.h>

namespace pgtandem::catalog {

namespace {

std::string relations_of(std::string_view from) {
  return fmt::format(R"(
SELECT c.oid, n.nspname, c.relname, c.relkind, c.relhasrules, c.relrowsecurity,
       c.relkind = 'r' AND EXISTS (SELECT FROM pg_inherits i WHERE i.inhparent = c.oid)
  FROM {}
 WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relpersistence <> 't'
   AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'pgtandem')
 ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C")",
                     from);
}

}  // namespace

std::string relations_sql() {
  return relations_of("pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace");
}

std::string named_relations_sql() {
  return relations_of(
      "json_to_recordset($1::json) AS r(schema name, name name) JOIN pg_namespace n ON n.nspname = r.schema "
      "JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = r.name");
}

std::string_view partitions_sql() {
  return R"(
WITH RECURSIVE tree(root, oid) AS (
  SELECT i.inhparent, i.inhrelid FROM pg_inherits i
    JOIN pg_class p ON p.oid = i.inhparent
   WHERE i.inhparent = ANY ($1::oid[]) AND p.relkind = 'p'
  UNION
  SELECT t.root, i.inhrelid FROM tree t JOIN pg_inherits i ON i.inhparent = t.oid
)
SELECT t.root, t.oid, c.relkind, n.nspname, c.relname
  FROM tree t JOIN pg_class c ON c.oid = t.oid JOIN pg_namespace n ON n.oid = c.relnamespace ORDER BY 1, 2)";
}

std::string_view columns_sql() {
  return R"(
SELECT a.attrelid, a.attnum, a.attname, a.atttypid, format_type(a.atttypid, a.atttypmod),
       a.attgenerated <> '', a.attnotnull, a.atthasdef OR a.attidentity <> '', a.attcollation <> 0
  FROM pg_attribute a
 WHERE a.attrelid = ANY ($1::oid[]) AND a.attnum > 0 AND NOT a.attisdropped
 ORDER BY a.attrelid, a.attnum)";
}

std::string types_sql(int server_version) {
  // Multiranges exist from 14 on.
  const std::string_view range =
      server_version >= 140000 ? "y.oid IN (r.rngtypid, r.rngmultitypid)" : "y.oid = r.rngtypid";
  return fmt::format(R"(
WITH RECURSIVE needed(oid) AS (
  SELECT DISTINCT a.atttypid FROM pg_attribute a
   WHERE a.attrelid = ANY ($1::oid[]) AND a.attnum > 0 AND NOT a.attisdropped
  UNION
  SELECT d.oid FROM needed n JOIN pg_type y ON y.oid = n.oid CROSS JOIN LATERAL (
    SELECT y.typelem WHERE y.typelem <> 0 AND y.typcategory = 'A'
    UNION ALL SELECT y.typbasetype WHERE y.typbasetype <> 0
    UNION ALL SELECT r.rngsubtype FROM pg_range r WHERE {0}
    UNION ALL SELECT a.atttypid FROM pg_attribute a
               WHERE y.typtype = 'c' AND a.attrelid = y.typrelid AND a.attnum > 0 AND NOT a.attisdropped
  ) d(oid)
)
SELECT y.oid, s.nspname, y.typname, y.typtype, y.typcategory, y.typlen, y.typelem, y.typbasetype,
       format_type(y.typbasetype, y.typtypmod),
       (SELECT r.rngsubtype FROM pg_range r WHERE {0} LIMIT 1),
       (SELECT e.extname FROM pg_depend p JOIN pg_extension e ON e.oid = p.refobjid
         WHERE p.classid = 'pg_type'::regclass AND p.objid = y.oid AND p.refclassid = 'pg_extension'::regclass
           AND p.deptype = 'e'),
       (SELECT string_agg(a.atttypid::text, ',' ORDER BY a.attnum) FROM pg_attribute a
         WHERE y.typtype = 'c' AND a.attrelid = y.typrelid AND a.attnum > 0 AND NOT a.attisdropped)
  FROM needed n JOIN pg_type y ON y.oid = n.oid JOIN pg_namespace s ON s.oid = y.typnamespace)",
                     range);
}

std::string_view keys_sql() {
  // Strategy 3 of a btree is equality.
  return R"(
SELECT x.indrelid, x.indexrelid, k.attnum,
       (k.coll = 0 OR (SELECT o.collisdeterministic FROM pg_collation o WHERE o.oid = k.coll))
         AND (c.opcdefault OR c.opcname ~ '_pattern_ops$'),
       q.oprname, qn.nspname
  FROM pg_index x
  JOIN pg_class i ON i.oid = x.indexrelid
  JOIN pg_am m ON m.oid = i.relam AND m.amname = 'btree'
  CROSS JOIN LATERAL unnest(x.indkey::int2[], x.indcollation::oid[], x.indclass::oid[])
    WITH ORDINALITY k(attnum, coll, opclass, place)
  JOIN pg_opclass c ON c.oid = k.opclass
  JOIN pg_amop o ON o.amopfamily = c.opcfamily AND o.amoplefttype = c.opcintype
    AND o.amoprighttype = c.opcintype AND o.amopstrategy = 3
  JOIN pg_operator q ON q.oid = o.amopopr
  JOIN pg_namespace qn ON qn.oid = q.oprnamespace
 WHERE x.indrelid = ANY ($1::oid[]) AND x.indisunique AND x.indisvalid AND x.indisready AND x.indislive
   AND x.indimmediate AND x.indpred IS NULL AND x.indexprs IS NULL
   AND k.place <= x.indnkeyatts
   AND NOT EXISTS (SELECT FROM unnest(x.indkey::int2[]) WITH ORDINALITY u(attnum, place)
                     LEFT JOIN pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = u.attnum
                    WHERE u.place <= x.indnkeyatts AND (u.attnum <= 0 OR NOT a.attnotnull))
 ORDER BY x.indrelid, x.indisprimary DESC, x.indnkeyatts, i.relname COLLATE "C", k.place)";
}

std::string_view shapes_sql() {
  return R"(
WITH RECURSIVE asked(oid, relkind, nspname, relname) AS (
  SELECT c.oid, c.relkind, n.nspname, c.relname
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = ANY ($1::oid[])
), tree(root, oid) AS (
  SELECT a.oid, i.inhrelid FROM asked a JOIN pg_inherits i ON i.inhparent = a.oid WHERE a.relkind = 'p'
  UNION
  SELECT t.root, i.inhrelid FROM tree t JOIN pg_inherits i ON i.inhparent = t.oid
), line(oid, rank, place, text) AS (
  SELECT a.oid, 1, 0::bigint, format('table %s', a.oid) FROM asked a
  UNION ALL
  SELECT a.attrelid, 2, a.attnum, format('column %I %s%s%s', a.attname, format_type(a.atttypid, a.atttypmod),
         CASE WHEN a.attgenerated <> '' THEN ' generated' END,
         CASE WHEN a.attcollation <> y.typcollation THEN ' collation ' || a.attcollation END)
         || CASE WHEN y.typtype = 'c' THEN (
              SELECT format(' (%s)', string_agg(format('%I %s', f.attname, format_type(f.atttypid, f.atttypmod)), ', '
                                                ORDER BY f.attnum))
                FROM pg_attribute f WHERE f.attrelid = y.typrelid AND f.attnum > 0 AND NOT f.attisdropped) ELSE '' END
    FROM asked r JOIN pg_attribute a ON a.attrelid = r.oid JOIN pg_type y ON y.oid = a.atttypid
   WHERE a.attnum > 0 AND NOT a.attisdropped
  UNION ALL
  SELECT x.indrelid, 3, row_number() OVER (PARTITION BY x.indrelid ORDER BY x.indexrelid),
         format('key (%s)', (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY u.place)
                               FROM unnest(x.indkey::int2[]) WITH ORDINALITY u(attnum, place)
                               JOIN pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = u.attnum
                              WHERE u.place <= x.indnkeyatts))
    FROM asked r JOIN pg_index x ON x.indrelid = r.oid
   WHERE x.indisunique AND x.indisvalid AND x.indimmediate AND x.indpred IS NULL AND x.indexprs IS NULL
     AND (x.indisprimary OR NOT EXISTS (SELECT FROM pg_index p WHERE p.indrelid = r.oid AND p.indisprimary))
  UNION ALL
  SELECT t.root, 4, t.oid::bigint, format('partition %I %s', c.relname, t.oid)
    FROM tree t JOIN pg_class c ON c.oid = t.oid
)
SELECT a.oid, a.nspname, a.relname, l.text FROM asked a JOIN line l ON l.oid = a.oid ORDER BY a.oid, l.rank, l.place)";
}

std::string_view triggers_sql() {
  return R"(
SELECT DISTINCT t.tgrelid, t.tgdeferrable FROM pg_trigger t
 WHERE t.tgrelid = ANY ($1::oid[]) AND NOT t.tgisinternal AND t.tgenabled <> 'D')";
}

std::string_view cascades_sql() {
  return R"(
SELECT f.confrelid, f.oid, f.conrelid, f.confdeltype, f.confupdtype, c.attname, p.attname, q.oprname, n.nspname
  FROM pg_constraint f
  CROSS JOIN LATERAL unnest(f.conkey, f.confkey, f.conpfeqop) WITH ORDINALITY k(child, parent, equality, place)
  JOIN pg_operator q ON q.oid = k.equality
  JOIN pg_namespace n ON n.oid = q.oprnamespace
  JOIN pg_attribute c ON c.attrelid = f.conrelid AND c.attnum = k.child
  JOIN pg_attribute p ON p.attrelid = f.confrelid AND p.attnum = k.parent
 WHERE f.confrelid = ANY ($1::oid[]) AND f.contype = 'f' AND f.conparentid = 0
   AND (f.confdeltype IN ('c', 'n', 'd') OR f.confupdtype IN ('c', 'n', 'd'))
 ORDER BY f.oid, k.place)";
}

}  // namespace pgtandem::catalog
