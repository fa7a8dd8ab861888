"""Statements of every kind, each made from the seed alone.

`imaged` says that pgtandem captures the rows themselves; every other kind that writes leaves marks. Where a kind may
stand: anywhere, or only outside of a transaction block."""

from typing import Callable, NamedTuple


class Statement(NamedTuple):
    sql: str
    values: tuple = ()  # of $1, $2 ... in the protocols that have parameters


class Kind(NamedTuple):
    name: str
    weight: float
    make: Callable  # Draw -> Statement
    imaged: bool
    alone: bool     # commits by itself: not in a block, not beside others


KINDS = {}


def kind(weight=1.0, imaged=False, alone=False):
    def register(make):
        KINDS[make.__name__] = Kind(make.__name__, weight, make, imaged, alone)
        return make
    return register


class Draw:
    """Random choices of what a statement is about."""

    def __init__(self, random, schema, hot=0.5):
        self.random, self.schema, self.hot = random, schema, hot

    def k(self):
        # A few rows are hot, the others are written now and then and keep for long what was done to them.
        return self.random.randint(1, 8 if self.random.random() < self.hot else self.schema.keys)

    def table(self):
        return self.random.choice(self.schema.in_play)

    def drawn(self):
        return self.random.choice(self.schema.drawn)

    def where(self, table):
        return table.where(self.k(), self.random)

    def new_value(self):
        return self.random.choice([
            "v || 'x'", "left(v, 5)", "NULL", "'it''s'", "n::text", "'ü€ \\ \" ' || n", "coalesce(v, '') || clock_timestamp()"])


@kind(5, imaged=True)
def update(d):
    t = d.table()
    return Statement(f"UPDATE {t.name} SET n = n + 1, v = {d.new_value()} WHERE {d.where(t)}")


@kind(3, imaged=True)
def update_by_parameter(d):
    t = d.table()
    return Statement(f"UPDATE {t.name} SET v = $1, n = n + $2 WHERE {d.where(t)}", (d.random.choice(["a", "", "it's", None]), 2))


@kind(2, imaged=True)
def update_returning(d):
    t = d.table()
    keys = ", ".join(t.key(d.k(), d.random) for _ in range(4))
    return Statement(f"UPDATE {t.name} SET n = n + 1 WHERE {t.key_columns} IN ({keys}) RETURNING *")


@kind(1, imaged=True)
def update_many(d):
    t = d.drawn()
    return Statement(f"UPDATE {t.name} SET v = {d.new_value()} WHERE n % 5 = {d.random.randrange(5)}")


@kind(1, imaged=True)
def update_from(d):
    t, other = d.drawn(), d.table()
    return Statement(f"UPDATE {t.name} AS \"T a\" SET v = o.v FROM {other.name} o WHERE o.n = \"T a\".n"
                     f" AND o.n < {d.random.randint(1, 9)} RETURNING o.v, \"T a\".n")


@kind(4, imaged=True)
def insert(d):
    t = d.table()
    return Statement(f"INSERT INTO {t.name} ({', '.join(t.columns)}, v, n) VALUES ({t.values(d.k(), d.random)}, 'new', 1)")


@kind(4, imaged=True)
def upsert(d):
    t = d.random.choice([t for t in d.schema.in_play if t.name not in ("shifted", "ruled")] or d.schema.drawn)
    what = d.random.choice(["NOTHING", "UPDATE SET v = excluded.v, n = excluded.n + 10",
                            f"UPDATE SET n = {t.name}.n + 1 WHERE {t.name}.n % 2 = 0"])
    rows = ", ".join(f"({t.values(k, d.random)}, 'upsert', {k})" for k in {d.k(), d.k()})
    return Statement(f"INSERT INTO {t.name} ({', '.join(t.columns)}, v, n) VALUES {rows}"
                     f" ON CONFLICT {t.arbiter} DO {what} RETURNING n")


@kind(1.5, imaged=True)
def delete(d):
    t = d.table()
    return Statement(f"DELETE FROM {t.name} WHERE {d.where(t)}" + d.random.choice(["", " RETURNING *"]))


@kind(1, imaged=True)
def delete_using(d):
    t, other = d.drawn(), d.table()
    return Statement(f"DELETE FROM {t.name} USING {other.name} o WHERE o.n = {t.name}.n AND o.n % 7 = {d.random.randrange(7)}")


@kind(2, imaged=True)
def hand_over(d):
    """A unique value leaves one row and is taken by another; both in one implicit or explicit transaction, or not."""
    u = d.k()
    return Statement(d.random.choice([
        f"UPDATE uniq SET u = NULL WHERE u = {u}", f"UPDATE uniq SET u = {u} WHERE id = {d.k()}",
        f"DELETE FROM uniq WHERE u = {u}", f"INSERT INTO uniq (id, v, u) VALUES ({d.k()}, 'taker', {u})",
        f"INSERT INTO uniq (id, v, u) VALUES ({d.k()}, 'taker', {u}) ON CONFLICT (u) DO UPDATE SET n = uniq.n + 1"]))


@kind(1, imaged=True)
def hand_over_later(d):
    a, b = d.k(), d.k()
    return Statement(d.random.choice([
        f"UPDATE shifted SET u = CASE id WHEN {a} THEN (SELECT u FROM shifted WHERE id = {b})"
        f" ELSE (SELECT u FROM shifted WHERE id = {a}) END WHERE id IN ({a}, {b})",
        f"UPDATE shifted SET u = u + 1 WHERE u BETWEEN {a} AND {a} + 3",
        f"UPDATE shifted SET u = {a} WHERE id = {b}"]))


@kind(1, imaged=True)
def refer_later(d):
    """Fails at the commit where nobody brings the row it refers to."""
    k = d.k()
    return Statement(d.random.choice([
        f"INSERT INTO late VALUES ({k}, 'late', 0, {d.k()}) ON CONFLICT (id) DO UPDATE SET target = excluded.target",
        f"UPDATE late SET target = {d.k()} WHERE id = {k}"]))


@kind(1, imaged=True)
def failing(d):
    t = d.drawn()
    return Statement(f"UPDATE {t.name} SET n = 1 / (n % 2) WHERE {d.where(t)}")


@kind(2, imaged=True)
def read(d):
    t = d.table()
    return d.random.choice([
        Statement(f"SELECT * FROM {t.name} ORDER BY {', '.join(t.columns)}"), Statement(f"SELECT count(*) FROM {t.name}"),
        Statement(f"SELECT 1 FROM {t.name} WHERE {d.where(t)} FOR UPDATE"),
        Statement(f"SELECT v, $1::text FROM {t.name} WHERE {d.where(t)}", ("x",))])


@kind(1, imaged=True)
def key_change(d):
    t = d.table()
    if len(t.columns) > 1 or "uuid" in t.features:
        return Statement(f"UPDATE {t.name} SET ({', '.join(t.columns)}, n) = ROW({t.values(d.k(), d.random)}, 3) WHERE {d.where(t)}")
    return Statement(f"UPDATE {t.name} SET {t.columns[0]} = {t.values(d.k(), d.random)}, n = n + 1 WHERE {d.where(t)}")


@kind(2, imaged=True)
def parts(d):
    """What parts in WITH write is noted and read behind the statement."""
    a, b = d.random.sample(d.schema.drawn, 2)
    row = f"INSERT INTO {a.name} ({', '.join(a.columns)}, v, n)"
    return Statement(d.random.choice([
        f"WITH gone AS (DELETE FROM {a.name} WHERE {d.where(a)} RETURNING *)"
        f" UPDATE {b.name} SET v = (SELECT v FROM gone), n = n + 1 WHERE {d.where(b)}",
        f"WITH gone AS (DELETE FROM {a.name} WHERE {d.where(a)} RETURNING v, n) INSERT INTO moving (id, v, n)"
        f" SELECT {d.k()}, v, n FROM gone ON CONFLICT (id) DO UPDATE SET v = excluded.v RETURNING id",
        f"WITH u AS (UPDATE {a.name} SET n = n + 1 WHERE n % 5 = {d.random.randrange(5)} RETURNING n, v) SELECT * FROM u",
        f"WITH i AS ({row} VALUES ({a.values(d.k(), d.random)}, 'part', 1) ON CONFLICT DO NOTHING RETURNING n),"
        f" u AS (UPDATE moving SET v = 'part' WHERE id = {d.k()}), gone AS (DELETE FROM {b.name} WHERE {d.where(b)})"
        " SELECT count(*) FROM i",
        f"WITH gone AS (DELETE FROM {a.name} WHERE {d.where(a)} RETURNING v), again AS ({row}"
        f" SELECT {a.values(d.k(), d.random)}, v, 7 FROM gone ON CONFLICT DO NOTHING) SELECT v FROM gone",
        f"WITH free AS (DELETE FROM uniq WHERE u = {d.k()} RETURNING u), moved AS (UPDATE {a.name} SET v = 'freed' WHERE {d.where(a)})"
        f" SELECT u FROM free"]))


@kind(1)
def upsert_moves_key(d):
    a, b = d.k(), d.k()
    return Statement(f"INSERT INTO uniq (id, v, u) VALUES ({a}, 'mover', {b}) ON CONFLICT (u) DO UPDATE SET id = excluded.id")


@kind(1)
def delete_parent(d):
    return Statement(f"DELETE FROM parent WHERE id = {d.k()}")


@kind(1)
def key_of_parent(d):
    return Statement(f"UPDATE parent SET id = {d.k()} WHERE id = {d.k()}")


@kind(1)
def child_of(d):
    t = d.random.choice(["child", "orphan"])
    return Statement(f"INSERT INTO {t} (id, v, parent) VALUES ({d.k()}, 'child', {d.k()})"
                     " ON CONFLICT (id) DO UPDATE SET parent = excluded.parent")


@kind(1)
def cte(d):
    a, b = d.drawn(), d.table()
    return Statement(d.random.choice([
        f"WITH gone AS (DELETE FROM {a.name} WHERE {d.where(a)} RETURNING v)"
        f" UPDATE {b.name} SET v = 'from ' || (SELECT v FROM gone) WHERE {d.where(b)}",
        f"WITH u AS (UPDATE {a.name} SET n = n + 1 WHERE {d.where(a)} RETURNING n) SELECT * FROM u",
        f"WITH r AS (SELECT max(n) AS m FROM {b.name}) UPDATE {a.name} SET n = m % 50 FROM r WHERE {d.where(a)}"]))


@kind(0.5)
def merge(d):
    t = d.random.choice(d.schema.drawn)
    return Statement(f"MERGE INTO {t.name} USING parent p ON p.n = {t.name}.n AND p.id < {d.random.randint(2, 9)}"
                     " WHEN MATCHED AND p.n % 5 = 0 THEN DELETE WHEN MATCHED THEN UPDATE SET v = 'merged'")


@kind(0.1, imaged=True)
def truncate(d):
    tables = d.random.choice([[d.drawn()]] * 3 + [d.schema.drawn, [d.schema.named("moving")], [d.schema.named("child"), d.drawn()]])
    names = ", ".join(d.random.choice(["", "ONLY "] if t.name != "moving" else [""]) + t.name for t in tables)
    return Statement(f"TRUNCATE {names}" + d.random.choice(["", " RESTART IDENTITY"]))


@kind(0.3)
def truncate_more(d):
    """What more than the tables that are named is emptied by, or what is not one of them."""
    return Statement(f"TRUNCATE {d.random.choice(['watched', 'parent CASCADE', 'shadow', 'ancestor', 'moving_low'])}")


@kind(1)
def function(d):
    k = d.k()
    return Statement(d.random.choice([
        f"SELECT bump({k})", f"SELECT put_shadow({k}, 'by function')", f"UPDATE child SET n = bump({k}) WHERE id = {d.k()}",
        f"INSERT INTO followed VALUES ({k}, put_shadow({d.k()}, 'inner')) ON CONFLICT DO NOTHING",
        f"SELECT * FROM parent WHERE id = bump({k})"]))


@kind(1)
def explain_analyze(d):
    t = d.drawn()
    return Statement(f"EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) UPDATE {t.name} SET n = n + 1 WHERE {d.where(t)}")


@kind(1)
def through_view(d):
    k = d.k()
    return Statement(d.random.choice([
        f"UPDATE shown SET n = n + 1 WHERE id = {k}", f"DELETE FROM shown WHERE id = {k}",
        f"INSERT INTO shown VALUES ({k}, 'shown', 1)"]))


@kind(1)
def do_block(d):
    """Several writes, one of them taken back by an exception."""
    t, other = d.drawn(), d.table()
    return Statement(f"DO $$ BEGIN UPDATE {t.name} SET n = n + 1 WHERE {d.where(t)};"
                     f" BEGIN UPDATE {other.name} SET v = 'never' WHERE {d.where(other)}; PERFORM 1 / 0;"
                     " EXCEPTION WHEN division_by_zero THEN NULL; END;"
                     f" DELETE FROM {other.name} WHERE {d.where(other)}; END $$")


@kind(0.5, alone=True)
def call(d):
    return Statement(f"CALL two_commits({d.k()})")


@kind(0.5, alone=True)
def slow_block(d):
    """Long enough for a heal to look in between."""
    t, rest = d.drawn(), d.random.randrange(3)
    return Statement(f"DO $$ BEGIN UPDATE {t.name} SET v = 'slowly' WHERE n % 3 = {rest};"
                     f" PERFORM pg_sleep(0.0{d.random.randint(1, 9)});"
                     f" DELETE FROM {t.name} WHERE {d.where(t)}; END $$")


@kind(0.3, alone=True)
def create_as(d):
    return Statement(f"CREATE TEMP TABLE IF NOT EXISTS made AS SELECT bump({d.k()}) AS b")
