"""What each scenario must have done, whatever the driver: rows on legacy afterwards, and SQLSTATEs on the way.

What a program does in a scenario is told in README.md. Without these checks, a program that fails at once and in the
same way twice would pass."""

from typing import NamedTuple


class Scenario(NamedTuple):
    name: str
    sql: str                     # asked of legacy afterwards
    rows: list                   # its answer
    sqlstates: frozenset = frozenset()  # errors that the program must have seen
    common: bool = True          # every driver runs it


def scenario(name, sql, *rows, sqlstates=(), **more):
    return Scenario(name, sql, list(rows), frozenset(sqlstates), **more)


# The values that scenario `large` sends: 16 MiB, then 32 MiB of bytes, and 6 MB of text in 3 million characters.
BLOB = """SELECT length(y), y = decode(repeat('fffefdfc', 8388608), 'hex'), length(t), octet_length(t),
                 t = repeat('öx€', 1000000) FROM blob ORDER BY id"""

TYPED = """SELECT b::text, i2, i4, i8, f4::text, f8::text, n::text, t, encode(y, 'hex'), d::text, ts::text,
                  (tz AT TIME ZONE 'UTC')::text, iv::text, u::text, j::jsonb::text, jb::text, ia::text, ta::text
             FROM typed ORDER BY id"""

SCENARIOS = [
    scenario("crud", "SELECT id, name, balance::text, note FROM account ORDER BY id",
             (1, "ann", "13.75", None), (3, "cid", "7.25", "é€😀")),
    scenario("prepared", "SELECT id, v FROM prepared ORDER BY id",
             (1, "row 1++"), *((i, f"row {i}+") for i in range(2, 9))),
    scenario("batch", "SELECT count(*), count(*) FILTER (WHERE v LIKE 'entry %!'), max(id) FROM entry", (200, 100, 200),
             sqlstates={"23505"}),
    scenario("types", TYPED,
             ("true", -32768, 2147483647, -9223372036854775808, "1.5", "0.1", "12345678901234567890.123456789",
              "é€😀", "00ff10", "2024-02-29", "2024-02-29 12:34:56.789012", "2024-02-29 12:34:56.789012",
              "1 day 02:03:04", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", '{"a": [1, null]}', '{"b": "c"}', "{1,NULL,3}",
              '{x,"y,\\"z\\"",""}'),
             (None,) * 18),
    scenario("cursor", "SELECT sum(v), min(v), max(v) FROM number", (22790, -110, 1005)),
    scenario("parts", "SELECT sum(v), min(v), max(v) FROM part", (91, -10, 20), common=False),
    scenario("savepoint", "SELECT id, v FROM step ORDER BY id", (1, "outer"), (2, "kept twice"), (4, "after"),
             sqlstates={"23505"}),
    scenario("upsert", "SELECT name, hits, last FROM counter ORDER BY name", ("away", 1, "first"), ("home", 6, "again")),
    scenario("errors", "SELECT id, v, rank FROM strict ORDER BY id", (4, "d", 4),
             sqlstates={"23505", "25P02", "23502", "22012", "42601", "42P01"}),
    scenario("large", BLOB, (33554432, True, 3000000, 6000000, True)),
    scenario("cancel", "SELECT id, state FROM job ORDER BY id", (2, "done"), (10, "idle"), sqlstates={"57014"}),
    scenario("reconnect", "SELECT id, v FROM visit ORDER BY id", (2, "back"), sqlstates={"57P01"}),
    scenario("pipeline", "SELECT id, v FROM ahead ORDER BY id",
             (1, "one!"), (2, "two"), (5, "five"), (6, "six"), sqlstates={"23505"}, common=False),
    scenario("copy", "SELECT count(*), sum(n)::text, min(v), max(v) FROM copied", (100, "5050.00", "copied 1", "copied 99"),
             sqlstates={"22P02"}),
]
