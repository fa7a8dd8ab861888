"""Transactions of every shape, made from the seed alone. A shape decides which statements belong together, how they are
delivered, and which tokens tell afterwards whether they were committed."""

from typing import Callable, NamedTuple

import delivery
import rawpg
from delivery import Exchange, committing
from kinds import Draw, Statement

# What a token's presence has to agree with.
COMMIT = "commit"      # there if and only if its transaction was committed
NEVER = "never"        # behind a savepoint or in a block that was rolled back


class Token(NamedTuple):
    part: int
    rule: str


class Transaction(NamedTuple):
    shape: str
    exchanges: list
    block: bool = False      # COMMIT's tag tells the outcome; else that nothing failed
    tokens: tuple = ()
    afterwards: tuple = ()   # statements that put the session back, whatever happened
    second: Exchange | None = None  # on another connection: decides what was prepared here
    prepared: str | None = None


class Builder:
    """Makes one session's transactions, each from a random of its own: how one of them ends changes no other."""

    def __init__(self, schema, profile, kinds, session):
        self.schema, self.profile, self.session = schema, profile, session
        self.anywhere = [k for k in kinds if not k.alone]
        self.alone = [k for k in kinds if k.alone]

    def transaction(self, number, random):
        self.random, self.number, self.draw = random, number, Draw(random, self.schema, self.profile.hot)
        shapes = [s for s in SHAPES if self.weight(s) > 0 and (self.alone or s is not by_itself)]
        (shape,) = random.choices(shapes, [self.weight(s) for s in shapes])
        return shape(self)

    def weight(self, shape):
        return self.profile.shapes.get(shape.__name__, WEIGHTS[shape.__name__])

    def statement(self):
        (kind,) = self.random.choices(self.anywhere, [k.weight for k in self.anywhere])
        return kind.make(self.draw)

    def statements(self, most):
        return [self.statement() for _ in range(self.random.randint(1, most))]

    def token(self, part=0):
        return Statement(f"INSERT INTO public.token VALUES ({self.session}, {self.number}, {part})")

    def begin(self):
        return Statement(self.random.choice(
            ["BEGIN"] * 5 + ["START TRANSACTION", "BEGIN ISOLATION LEVEL REPEATABLE READ", "BEGIN ISOLATION LEVEL SERIALIZABLE"]))


SHAPES: list[Callable] = []
WEIGHTS: dict[str, float] = {}


def shape(weight):
    def register(make):
        SHAPES.append(make)
        WEIGHTS[make.__name__] = weight
        return make
    return register


@shape(4)
def autocommit(b):
    one = [b.statement()]
    return Transaction("autocommit", committing(b.random.choice(delivery.ONE_BY_ONE[:4])(one, b.random)))


@shape(1)
def by_itself(b):
    (kind,) = b.random.choices(b.alone, [k.weight for k in b.alone])
    send = b.random.choice([delivery.simple, delivery.extended])
    return Transaction(kind.name, committing(send([kind.make(b.draw)], b.random)), afterwards=("DROP TABLE IF EXISTS pg_temp.made",))


@shape(2)
def implicit(b):
    """Several statements of one Query or behind one Sync."""
    statements = [b.token(), *b.statements(4)]
    return Transaction("implicit", committing(b.random.choice(delivery.AT_ONCE)(statements, b.random)), tokens=(Token(0, COMMIT),))


@shape(2)
def several_ahead(b):
    """Transactions of one statement each, none of which waits for the answer to the one before."""
    send = b.random.choice([delivery.ahead, delivery.mixed])
    return Transaction("several_ahead", committing(send(b.statements(5), b.random)))


def body(b):
    """Statements with savepoints, and tokens that a rollback takes away."""
    statements, tokens, part = [b.token()], [Token(0, COMMIT)], 1
    for statement in b.statements(5):
        what = b.random.random()
        if what < 0.25:
            name = f"s{part}"
            statements += [Statement(f"SAVEPOINT {name}"), b.token(part), statement, Statement(f"ROLLBACK TO {name}")]
            tokens.append(Token(part, NEVER))
            part += 1
        elif what < 0.35:  # names hide each other; what is in between comes back
            statements += [Statement("SAVEPOINT twice"), b.statement(), Statement("SAVEPOINT twice"), statement,
                           Statement("ROLLBACK TO twice"), Statement("RELEASE twice")]
        elif what < 0.4:
            statements += [Statement("SAVEPOINT \"S p\""), statement, Statement("RELEASE SAVEPOINT \"S p\"")]
        else:
            statements.append(statement)
    return statements, tokens


@shape(6)
def block(b):
    statements, tokens = body(b)
    exchanges = delivery.in_block([b.begin(), *statements], b.random)
    send = b.random.choice(delivery.ONE_BY_ONE[:4])
    return Transaction("block", exchanges + committing(send([Statement(b.random.choice(["COMMIT", "END"]))], b.random)),
                       block=True, tokens=tuple(tokens))


@shape(1)
def burst(b):
    """A block from BEGIN to COMMIT in one burst, and the next one behind it."""
    statements, tokens = body(b)
    statements = [b.begin(), *statements, Statement("COMMIT")]
    send = b.random.choice([delivery.ahead, delivery.mixed, delivery.pipeline])
    return Transaction("burst", committing(send(statements, b.random)), block=True, tokens=tuple(tokens))


@shape(1)
def rolled_back(b):
    statements, tokens = body(b)
    exchanges = delivery.in_block([b.begin(), *statements], b.random) + delivery.simple([Statement("ROLLBACK")], b.random)
    return Transaction("rolled_back", exchanges, block=True, tokens=tuple(t._replace(rule=NEVER) for t in tokens))


@shape(0.5)
def chained(b):
    statements = [Statement("BEGIN"), *b.statements(2), Statement("COMMIT AND CHAIN"), *b.statements(2), Statement("COMMIT")]
    return Transaction("chained", committing(delivery.in_block(statements, b.random)))


@shape(0.5)
def block_in_script(b):
    statements = [b.statement(), Statement("BEGIN"), *b.statements(2), Statement("COMMIT"), b.statement()]
    return Transaction("block_in_script", committing(delivery.script(statements, b.random)))


@shape(1)
def two_phase(b):
    gid = f"g{b.session}_{b.number}"
    exchanges = delivery.in_block([Statement("BEGIN"), b.token(), *b.statements(3)], b.random)
    exchanges += delivery.simple([Statement(f"PREPARE TRANSACTION '{gid}'")], b.random)
    commit = b.random.random() < 0.7
    end = [Statement(f"{'COMMIT' if commit else 'ROLLBACK'} PREPARED '{gid}'")]
    (decision,) = b.random.choice([delivery.simple, delivery.extended])(end, b.random)
    elsewhere = b.random.random() < 0.5
    if not elsewhere:
        exchanges += committing([decision])
    return Transaction("two_phase", exchanges, block=True, tokens=(Token(0, COMMIT if commit else NEVER),),
                       second=decision._replace(commits=True) if elsewhere else None, prepared=gid)


@shape(1)
def copy_in(b):
    table = b.schema.named(b.random.choice(["followed", "parent", "shadow", "uniq"]))
    rows = "".join(f"{k}\tcopied {k}\t\\N\n".replace("\\N", "5") for k in {b.draw.k() for _ in range(b.random.randint(1, 3))})
    # With a condition it is marked ahead.
    sql = f"COPY {table.name} (id, v, n) FROM STDIN{b.random.choice(['', ' WHERE true'])}"
    copied = rawpg.copy_data(rows.encode()) + (rawpg.copy_done() if b.random.random() < 0.8 else rawpg.copy_fail("no more"))
    copy = Exchange(rawpg.query(sql), 1, sql + " " + repr(rows), copied, commits=True)
    if b.random.random() < 0.5:
        return Transaction("copy_in", [copy])
    before = delivery.in_block([Statement("BEGIN"), b.token(), b.statement()], b.random)
    after = delivery.in_block(b.statements(2), b.random) + committing(delivery.simple([Statement("COMMIT")], b.random))
    return Transaction("copy_in", [*before, copy._replace(commits=False), *after], block=True, tokens=(Token(0, COMMIT),))


@shape(1)
def cursor(b):
    t = b.draw.drawn()
    query = f"SELECT * FROM {t.name} WHERE n % 3 = {b.random.randrange(3)}"
    writes = b.random.choice([
        [f"DECLARE c CURSOR FOR {query} FOR UPDATE", "FETCH c", f"UPDATE {t.name} SET v = 'by cursor' WHERE CURRENT OF c",
         "FETCH 2 FROM c", "CLOSE c"],
        [f"DECLARE c SCROLL CURSOR FOR {query}", "FETCH LAST FROM c", "MOVE BACKWARD 1 FROM c", "FETCH c"],
        [f"DECLARE c CURSOR WITH HOLD FOR SELECT bump({b.draw.k()}) FROM generate_series(1, 3)", "FETCH c"]])
    statements = [Statement("BEGIN"), b.token(), *map(Statement, writes), b.statement()]
    return Transaction("cursor", delivery.in_block(statements, b.random) + committing(delivery.simple([Statement("COMMIT")], b.random)),
                       block=True, tokens=(Token(0, COMMIT),), afterwards=("CLOSE ALL",))


@shape(1)
def prepared_in_sql(b):
    t = b.draw.drawn()
    statements = [f"PREPARE q (text) AS UPDATE {t.name} SET v = $1, n = n + 1 WHERE {b.draw.where(t)}", "EXECUTE q ('first')",
                  b.random.choice(["SET search_path = other, public", "SELECT 1", "SET DateStyle = 'German'"]),
                  "EXECUTE q ('second')"]
    return Transaction("prepared_in_sql", committing(delivery.in_block(list(map(Statement, statements)), b.random)),
                       afterwards=("DEALLOCATE ALL", "RESET ALL"))


@shape(2)
def names(b):
    """The same text means another table after each of these, for statements that are prepared too."""
    sql = f"UPDATE shadow SET n = n + 1, v = 'named' WHERE id = {b.draw.k()}"
    changes = ["SET search_path = other, public", "SET search_path = public", "SET ROLE clerk", "RESET ROLE",
               "SELECT set_config('search_path', 'other', false)", "SET LOCAL search_path = clerk",
               "CREATE TEMP TABLE shadow (id integer PRIMARY KEY, v text, n integer NOT NULL DEFAULT 0);"
               " INSERT INTO shadow VALUES (1, 'temporary')", "DROP TABLE IF EXISTS pg_temp.shadow"]
    kept = b.random.random() < 0.5
    exchanges = [Exchange(rawpg.parse(sql, "kept") + rawpg.sync(), 1, f"parse kept: {sql}")] if kept else []
    block = b.random.random() < 0.5
    if block:
        exchanges += delivery.simple([b.begin()], b.random)
    for change in b.random.sample(changes, 3):
        exchanges += delivery.simple([Statement(change)], b.random)
        if kept and b.random.random() < 0.5:
            run = rawpg.bind(statement="kept") + rawpg.describe_portal() + rawpg.execute() + rawpg.sync()
            exchanges.append(Exchange(run, 1, f"run kept: {sql}"))
        else:
            exchanges += b.random.choice(delivery.ONE_BY_ONE)([Statement(sql)], b.random)
    if block:
        exchanges += delivery.simple([Statement("COMMIT")], b.random)
    return Transaction("names", committing(exchanges), afterwards=("DROP TABLE IF EXISTS pg_temp.shadow", "DISCARD ALL"))


@shape(0.5)
def told(b):
    """Notifications arrive in between."""
    statements = [Statement("LISTEN ears"), *b.statements(2), Statement("NOTIFY ears, 'heard'"), b.statement()]
    return Transaction("told", committing(delivery.in_block(statements, b.random)), afterwards=("UNLISTEN *",))


@shape(0.5)
def settings(b):
    """Images do not depend on settings of the session."""
    chosen = b.random.sample(["SET DateStyle = 'German'", "SET IntervalStyle = 'iso_8601'", "SET extra_float_digits = 0",
                              "SET TimeZone = 'Asia/Kathmandu'", "SET bytea_output = 'escape'", "SET client_encoding = LATIN1",
                              "SET standard_conforming_strings = off"], 2)
    statements = [*map(Statement, chosen[:1]), *b.statements(3)]
    exchanges = [e for s in statements for e in b.random.choice(delivery.ONE_BY_ONE[:2])([s], b.random)]
    return Transaction("settings", committing(exchanges), afterwards=("RESET ALL",))


@shape(0.7)
def hand_over_in_block(b):
    """Two rows exchange a unique value within a transaction, by way of none."""
    k, u = b.draw.k(), b.draw.k()
    statements = [f"UPDATE uniq SET u = NULL WHERE u = {u}", f"UPDATE uniq SET u = {u} WHERE id = {k}"]
    if b.random.random() < 0.5:
        statements = [f"DELETE FROM uniq WHERE u = {u}", f"INSERT INTO uniq (id, v, u) VALUES ({k}, 'successor', {u})"]
    exchanges = delivery.in_block([Statement("BEGIN"), b.token(), *map(Statement, statements), b.statement()], b.random)
    return Transaction("hand_over_in_block", exchanges + committing(delivery.simple([Statement("COMMIT")], b.random)),
                       block=True, tokens=(Token(0, COMMIT),))
