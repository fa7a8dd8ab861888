"""Transactions that are prepared through pgtandem and may be ended past it, or when it does not run: nothing tells it,
so the rows that they wrote are marked before, and are healed once they have ended."""

import itertools
import random

import pytest

import rawpg

SCHEMA = """
CREATE TABLE item (id integer PRIMARY KEY, v text, parent integer REFERENCES item DEFERRABLE INITIALLY DEFERRED);
CREATE PROCEDURE nothing() LANGUAGE sql AS '';
CREATE TABLE other (id integer PRIMARY KEY, v text);
INSERT INTO item SELECT i, 'v' FROM generate_series(1, 5) i;
INSERT INTO other SELECT i, 'v' FROM generate_series(1, 5) i;
"""
WRITES = ["UPDATE item SET v = 'two phases' WHERE id = 1", "DELETE FROM item WHERE id = 2", "SELECT count(*) FROM other"]
PREPARE = "PREPARE TRANSACTION 'gid'"
REASON = "written by the prepared transaction 'gid', which has to end before it is healed"


@pytest.fixture(scope="module", autouse=True)
def two_phase(servers):
    servers.legacy.sql("postgres", "ALTER SYSTEM SET max_prepared_transactions = 10")
    servers.legacy.restart("fast")


@pytest.fixture(autouse=True)
def none_left(servers):
    """A name is one for the whole server, and a database with a prepared transaction cannot be dropped."""
    yield
    for gid, database in servers.legacy.sql("postgres", "SELECT gid, database FROM pg_prepared_xacts"):
        servers.legacy.sql(database, f"ROLLBACK PREPARED '{gid}'")


def prepare(pair, protocol="simple"):
    with pair.raw() as client:
        statements = ["BEGIN", *WRITES, PREPARE]
        if protocol == "pipelined":
            messages = client.exchange(b"".join(map(rawpg.run_extended, statements)) + rawpg.sync())
        else:
            for sql in statements:
                messages = getattr(client, protocol)(sql)
    assert rawpg.tags(messages)[-1] == "PREPARE TRANSACTION"


def marked(pair):
    return [mark["table"] for mark in pair.status()["marks"]]


def whole(pair):
    """Tables of which every row was read again, since pgtandem was started, or is about to be."""
    status = pair.status()
    read = {heal["table"] for heal in status["heals"] if heal["pass_rows"] > 0}
    return sorted(read | {mark["table"] for mark in status["marks"] if mark["scope"] == "table"})


def assert_ended(pair, end="COMMIT"):
    pair.assert_equal()
    assert pair.on_target("SELECT v FROM item WHERE id = 1") == [("two phases" if end == "COMMIT" else "v",)]
    assert marked(pair) == []


@pytest.mark.parametrize("protocol", ["simple", "extended", "pipelined"])
@pytest.mark.parametrize("end", ["COMMIT", "ROLLBACK"])
def test_ended_past_pgtandem(imaged_pair, protocol, end):
    pair = imaged_pair(SCHEMA)
    prepare(pair, protocol)
    [mark] = pair.status()["marks"]
    assert (mark["table"], mark["scope"], mark["keys"], mark["reason"]) == ("public.item", "keys", 2, REASON)
    pair.on_legacy(f"{end} PREPARED 'gid'")
    assert_ended(pair, end)
    assert whole(pair) == []


@pytest.mark.parametrize("end", ["COMMIT", "ROLLBACK"])
def test_ended_by_another_session(imaged_pair, end):
    """The mark of before stands for it: nothing else is read again."""
    pair = imaged_pair(SCHEMA)
    prepare(pair)
    pair.sql(f"{end} PREPARED 'gid'")
    assert_ended(pair, end)
    assert pair.status()["marks_made"] == 1
    assert whole(pair) == []


def test_ended_through_pgtandem_and_prepared_past_it(imaged_pair):
    pair = imaged_pair(SCHEMA)
    pair.on_legacy(f"SET SESSION AUTHORIZATION app; BEGIN; {WRITES[0]}; {PREPARE}")
    pair.sql("COMMIT PREPARED 'gid'")
    assert_ended(pair)
    assert (pair.status()["marks_made"], whole(pair)) == (1, ["public.item"])


@pytest.mark.parametrize("protocol", ["simple", "extended"])
@pytest.mark.parametrize("wrote", ["nothing", "unmirrored", "no row"])
def test_of_no_mirrored_table_leaves_none_to_be_read(imaged_pair, wrote, protocol):
    pair = imaged_pair(SCHEMA, options={"tables": {"include": ["public.item"]}})
    with pair.raw() as client:
        client.simple("BEGIN")
        client.simple({"nothing": "SELECT count(*) FROM item", "unmirrored": "UPDATE other SET v = 'x'",
                       "no row": "UPDATE item SET v = 'x' WHERE id = -1"}[wrote])
        client.simple(PREPARE)
        assert rawpg.tags(getattr(client, protocol)("COMMIT PREPARED 'gid'")) == ["COMMIT PREPARED"]
    assert pair.status()["marks_made"] == 0


def test_that_is_not_there_is_refused(imaged_pair):
    pair = imaged_pair(SCHEMA)
    with pair.raw() as client, pytest.raises(rawpg.ServerError) as refused:
        client.simple("COMMIT PREPARED 'none'")
    assert refused.value.sqlstate == "42704"
    assert_ended(pair, "ROLLBACK")


@pytest.mark.parametrize("through", [True, False])
def test_ended_after_a_restart(imaged_pair, through):
    pair = imaged_pair(SCHEMA)
    prepare(pair)
    pair.daemon.kill()
    pair.daemon.start()
    heal(pair, "other")
    assert marked(pair) == ["public.item"]
    (pair.sql if through else pair.on_legacy)("COMMIT PREPARED 'gid'")
    assert_ended(pair)
    assert whole(pair) == ["public.other"]


def test_each_mark_waits_for_its_own(imaged_pair):
    """Also when pgtandem comes back and finds all of them at once."""
    pair = imaged_pair(SCHEMA)
    gids = ["one", "two", "three"]
    for n, gid in enumerate(gids, start=3):
        with pair.raw() as client:
            for sql in ("BEGIN", f"UPDATE item SET v = '{gid}' WHERE id = {n}", f"PREPARE TRANSACTION '{gid}'"):
                client.simple(sql)
    pair.daemon.kill()
    pair.daemon.start()
    for ended, gid in enumerate(reversed(gids), start=1):
        pair.on_legacy(f"COMMIT PREPARED '{gid}'")
        healed = f"SELECT 1 FROM item WHERE v = '{gid}'"
        pair.daemon.until(lambda: pair.on_target(healed), "heal what has ended")
        assert len(marked(pair)) == len(gids) - ended
    pair.assert_equal()
    assert whole(pair) == []


def test_ended_while_pgtandem_was_down(imaged_pair):
    pair = imaged_pair(SCHEMA)
    prepare(pair)
    pair.daemon.kill()
    pair.on_legacy("COMMIT PREPARED 'gid'")
    pair.daemon.start()
    assert_ended(pair)


@pytest.mark.parametrize("through", [True, False])
def test_ended_after_legacy_crashed(imaged_pair, through):
    pair = imaged_pair(SCHEMA)
    prepare(pair)
    pair.legacy.restart("immediate")
    heal(pair, "other")
    assert marked(pair) == ["public.item"]
    (pair.sql if through else pair.on_legacy)("COMMIT PREPARED 'gid'")
    assert_ended(pair)


def heal(pair, table):
    result = pair.daemon.command("heal", "--table", table, "--all", "--timeout", "60s")
    assert result.returncode == 0, result.stdout + result.stderr


def test_holds_up_no_other_heal(imaged_pair):
    """Not of other tables, nor of its own for other reasons, however often those come."""
    pair = imaged_pair(SCHEMA)
    prepare(pair)
    pair.on_legacy("UPDATE other SET v = 'past pgtandem'")
    heal(pair, "other")
    assert pair.on_target("SELECT DISTINCT v FROM other") == [("past pgtandem",)]
    for n in range(3):  # texts of several statements, of which nobody can say that they prepared nothing
        pair.sql(f"BEGIN; UPDATE item SET v = 'healed {n}' WHERE id = 3; COMMIT; CALL nothing()")
        pair.daemon.until(lambda: pair.on_target("SELECT v FROM item WHERE id = 3") == [(f"healed {n}",)], "heal")
    pair.daemon.until(lambda: marked(pair) == ["public.item"], "heal all but what is prepared")
    pair.on_legacy("COMMIT PREPARED 'gid'")
    assert_ended(pair)


def test_fails_to_be_prepared(imaged_pair):
    pair = imaged_pair(SCHEMA)
    with pair.raw() as client:
        for sql in ("BEGIN", "UPDATE item SET v = 'never', parent = 100 WHERE id = 1"):
            client.simple(sql)
        with pytest.raises(rawpg.ServerError) as refused:
            client.simple(PREPARE)
        assert refused.value.sqlstate == "23503"
        client.simple("UPDATE item SET v = 'two phases' WHERE id = 1")
    assert_ended(pair)
    assert pair.status()["images"] == 1


def test_in_a_failed_block_marks_nothing(imaged_pair):
    pair = imaged_pair(SCHEMA)
    with pair.raw() as client:
        client.simple("BEGIN")
        client.simple(WRITES[0])
        with pytest.raises(rawpg.ServerError):
            client.simple("SELECT 1 / 0")
        assert rawpg.tags(client.simple(PREPARE)) == ["ROLLBACK"]
    assert pair.status()["marks_made"] == 0
    assert_ended(pair, "ROLLBACK")


@pytest.mark.parametrize("several", [True, False])
def test_outside_of_a_block(imaged_pair, several):
    """What ran before in the implicit transaction may be prepared or committed: servers differ."""
    pair = imaged_pair(SCHEMA)
    with pair.raw() as client:
        if several:
            client.simple("; ".join([*WRITES, PREPARE]))
        else:
            client.exchange(b"".join(map(rawpg.run_extended, [*WRITES, PREPARE])) + rawpg.sync())
        client.simple("UPDATE other SET v = 'x' WHERE id = 1")
    prepared = pair.on_legacy("SELECT count(*) FROM pg_prepared_xacts WHERE database = current_database()")[0][0]
    pair.daemon.until(lambda: len(marked(pair)) == prepared, "heal what has ended")
    if prepared:
        pair.on_legacy("COMMIT PREPARED 'gid'")
    assert_ended(pair)
    assert pair.status()["images"] >= 1


def test_alone_outside_of_a_block_marks_nothing(imaged_pair):
    pair = imaged_pair(SCHEMA)
    with pair.raw() as client:
        client.simple(PREPARE)
        client.extended(PREPARE)
    assert pair.status()["marks_made"] == 0


def test_that_wrote_nothing_marks_nothing(imaged_pair):
    pair = imaged_pair(SCHEMA)
    with pair.raw() as client:
        for sql in ("BEGIN", "UPDATE item SET v = 'never' WHERE id = -1", "SELECT pg_advisory_xact_lock(1)", PREPARE):
            client.simple(sql)
    assert pair.status()["marks_made"] == 0
    pair.on_legacy("ROLLBACK PREPARED 'gid'")


def test_run_by_sql_though_parsed_by_protocol(imaged_pair):
    pair = imaged_pair(SCHEMA)
    with pair.raw() as client:
        client.exchange(rawpg.parse(PREPARE, "end") + rawpg.sync())
        client.simple("BEGIN")
        client.simple(f"{WRITES[0]}; EXECUTE \"end\"")
    pair.on_legacy("COMMIT PREPARED 'gid'")
    assert_ended(pair)


class Crowd:
    """Clients that do all their work by prepared transactions, which anybody ends."""

    def __init__(self, pair, seed):
        self.pair, self.random = pair, random.Random(seed)
        self.numbers, self.rows = itertools.count(1000), set(range(1, 41))
        self.prepared = {}  # by name, the rows that it has locked
        pair.sql("INSERT INTO item SELECT i, 'v' FROM generate_series(6, 40) i")

    def statement(self, row):
        v = f"'{next(self.numbers)}'"
        return self.random.choice([
            f"UPDATE item SET v = {v} WHERE id = {row}", f"DELETE FROM item WHERE id = {row}",
            f"UPDATE item SET id = {next(self.numbers)}, v = {v} WHERE id = {row}",
            f"INSERT INTO item VALUES ({row}, {v}) ON CONFLICT (id) DO UPDATE SET v = excluded.v"])

    def transaction(self):
        """Of rows that no other has locked; some are taken back by a savepoint. One is always written: the name of a
        transaction that left nothing to mark is forgotten when pgtandem is killed."""
        free = sorted(self.rows - set().union(*self.prepared.values()))
        rows = self.random.sample(free, min(len(free), self.random.randint(1, 4)))
        yield "BEGIN"
        yield f"INSERT INTO item VALUES ({next(self.numbers)}, 'new')"
        for row in rows:
            taken_back = self.random.random() < 0.2
            if taken_back:
                yield "SAVEPOINT s"
            yield self.statement(row)
            if taken_back:
                yield "ROLLBACK TO s"
        gid = f"gid{next(self.numbers)}"
        yield f"PREPARE TRANSACTION '{gid}'"
        self.prepared[gid] = rows

    def prepare(self, client):
        for sql in self.transaction():
            getattr(client, self.random.choice(["simple", "extended"]))(sql)

    def end(self, gid, client):
        del self.prepared[gid]
        end = f"{self.random.choice(['COMMIT', 'COMMIT', 'ROLLBACK'])} PREPARED '{gid}'"
        run = [self.pair.on_legacy] if client is None else [self.pair.on_legacy, client.simple, client.extended, self.pair.sql]
        self.random.choice(run)(end)

    def end_some(self, client, part):
        for gid in self.random.sample(sorted(self.prepared), int(len(self.prepared) * part)):
            self.end(gid, client)

    def work(self):
        with self.pair.raw() as client:
            for _ in range(12):
                if len(self.prepared) < 8:
                    self.prepare(client)
                self.end_some(client, self.random.random() / 2)


@pytest.mark.parametrize("trouble", ["pgtandem is killed", "legacy crashes"])
def test_of_a_crowd(imaged_pair, trouble):
    """Whoever ends them and whenever, both sides are equal, and no table is ever read as a whole."""
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    pair = imaged_pair(SCHEMA)
    crowd = Crowd(pair, seed)
    for _ in range(3):
        crowd.work()
        assert whole(pair) == []
        if trouble == "legacy crashes":
            pair.legacy.restart("immediate")
        else:
            pair.daemon.kill()
            crowd.end_some(None, 0.5)
            pair.daemon.start()
    crowd.end_some(None, 1)
    pair.assert_equal()
    assert whole(pair) == []
