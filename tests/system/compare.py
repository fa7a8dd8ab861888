"""Compares two databases by SQL of our own, which shares nothing with pgtandem's comparison.

Each row counts twice: as text under pinned settings, and column by column as the bytes of the type's send function
(exact where text is not: floats, intervals, ranges). Types made by users are compared as text alone, because their
binary form names object ids."""

import itertools
from typing import NamedTuple

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


class Difference(NamedTuple):
    """A row by its key, as text of both sides; None where it does not exist."""

    table: str
    key: str
    legacy: str | None
    target: str | None

    def __str__(self):
        legacy, target = ("no such row" if t is None else t[:300] for t in (self.legacy, self.target))
        return f"{self.table} {self.key}: legacy {legacy}, target {target}"


def differing_rows(legacy, target, database, other_database=None):
    """Every row that differs, as Difference; of tables that are not on both sides, one without a key."""
    left, right = Side(legacy, database), Side(target, other_database or database)
    try:
        found = []
        left_tables, right_tables = left.tables(), right.tables()
        for table in sorted(left_tables.keys() ^ right_tables.keys()):
            found.append(Difference(table, "(the whole table)", *("exists" if table in t else None
                                                                  for t in (left_tables, right_tables))))
        for table in sorted(left_tables.keys() & right_tables.keys()):
            oids = left_tables[table], right_tables[table]
            if left.checksum(table, oids[0]) != right.checksum(table, oids[1]):
                on_left, on_right = left.all_rows(table, oids[0]), right.all_rows(table, oids[1])
                found += [Difference(table, key, *(side.get(key, (None, None))[1] for side in (on_left, on_right)))
                          for key in sorted(on_left.keys() | on_right.keys()) if on_left.get(key) != on_right.get(key)]
        return found
    finally:
        left.close()
        right.close()


def differences(legacy, target, database, other_database=None, limit=10):
    """Sentences about what differs; empty when both databases hold the same rows."""
    sentences = []
    for table, rows in itertools.groupby(differing_rows(legacy, target, database, other_database), lambda d: d.table):
        rows = list(rows)
        sentences += [f"{table}: {len(rows)} rows differ", *map(str, rows[:limit])]
    return sentences


def assert_equal(legacy, target, database):
    found = differences(legacy, target, database)
    assert not found, "\n".join(found)
