"""Compares two databases by SQL of our own, which shares nothing with pgtandem's comparison.

Each row counts twice: as text under pinned settings, and column by column as the bytes of the type's send function
(exact where text is not: floats, intervals, ranges). Types made by users are compared as text alone, because their
binary form names object ids."""

PIN = """
SET TimeZone = 'UTC'; SET DateStyle = 'ISO'; SET IntervalStyle = 'postgres'; SET extra_float_digits = 3;
SET bytea_output = 'hex'; SET lc_monetary = 'C'; SET search_path = pg_catalog; SET xmloption = 'content'
"""

TABLES = """
SELECT c.oid::regclass::text, c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND n.nspname <> 'pgtandem'
   AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_' ORDER BY 1
"""

COLUMNS = """
SELECT quote_ident(a.attname), t.typsend::regproc::text,
       t.typtype = 'b' AND t.oid < 16384 AND (t.typelem = 0 OR t.typelem < 16384)
  FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
 WHERE a.attrelid = %s AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attname
"""

PRIMARY_KEY = """
SELECT quote_ident(a.attname) FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid
   AND a.attnum = ANY (i.indkey) WHERE i.indrelid = %s AND i.indisprimary ORDER BY a.attname
"""


class Side:
    def __init__(self, cluster, database):
        self.connection = cluster.connect(database)
        self.cursor = self.connection.cursor()
        self.cursor.execute(PIN)

    def close(self):
        self.connection.close()

    def rows(self, text, *parameters):
        self.cursor.execute(text, parameters)
        return self.cursor.fetchall()

    def tables(self):
        return dict(self.rows(TABLES))

    def row_hash(self, oid):
        """SQL of one row's hash, which depends on names and values alone."""
        parts = []
        for name, send, has_stable_bytes in self.rows(COLUMNS, oid):
            parts.append(f"coalesce(t.{name}::text, '<NULL>')")
            if has_stable_bytes:
                parts.append(f"coalesce(encode({send}(t.{name}), 'hex'), '<NULL>')")
        return f"md5(concat_ws('|', {', '.join(parts)}))"

    def key(self, oid):
        names = [name for (name,) in self.rows(PRIMARY_KEY, oid)]
        return f"concat_ws('|', {', '.join(f't.{name}::text' for name in names)})" if names else "t::text"

    def checksum(self, table, oid):
        return self.rows(f"""
            SELECT count(*), md5(string_agg(h, '' ORDER BY h COLLATE "C"))
              FROM (SELECT {self.key(oid)} || {self.row_hash(oid)} AS h FROM {table} t) hashes""")[0]

    def all_rows(self, table, oid):
        """Key to (hash, text), for people to see what differs."""
        return {key: (h, text) for key, h, text in self.rows(
            f"SELECT {self.key(oid)}, {self.row_hash(oid)}, t::text FROM {table} t")}


def differences(legacy, target, database, other_database=None, limit=10):
    """Sentences about what differs; empty when both databases hold the same rows."""
    left, right = Side(legacy, database), Side(target, other_database or database)
    try:
        found = []
        left_tables, right_tables = left.tables(), right.tables()
        if left_tables.keys() != right_tables.keys():
            return [f"tables differ: {sorted(left_tables)} and {sorted(right_tables)}"]
        for table, oid in left_tables.items():
            if left.checksum(table, oid) != right.checksum(table, right_tables[table]):
                found += _row_differences(left, right, table, oid, right_tables[table], limit)
        return found
    finally:
        left.close()
        right.close()


def _row_differences(left, right, table, left_oid, right_oid, limit):
    on_left, on_right = left.all_rows(table, left_oid), right.all_rows(table, right_oid)
    keys = [k for k in sorted(on_left.keys() | on_right.keys()) if on_left.get(k) != on_right.get(k)]
    found = [f"{table}: {len(on_left)} rows on legacy, {len(on_right)} on target, {len(keys)} differ"]
    for key in keys[:limit]:
        legacy_text, target_text = (side.get(key, ("", "no such row"))[1] for side in (on_left, on_right))
        found.append(f"{table} {key}: legacy {legacy_text[:300]}, target {target_text[:300]}")
    return found


def assert_equal(legacy, target, database):
    found = differences(legacy, target, database)
    assert not found, "\n".join(found)
