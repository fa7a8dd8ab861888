"""Transactions that stay open: nothing waits for them but what they may still write."""

import contextlib
import shutil

import pytest

import rawpg

SCHEMA = """
CREATE TABLE item (id integer PRIMARY KEY, v text NOT NULL);
INSERT INTO item SELECT i, 'old' FROM generate_series(1, 1000) i;
CREATE FUNCTION write_item(integer, text) RETURNS void LANGUAGE sql AS $$ UPDATE item SET v = $2 WHERE id = $1 $$;
"""
SESSIONS = 20


def begin_and_write(session, number):
    with session.cursor() as cursor:
        cursor.execute("UPDATE item SET v = 'open' WHERE id = %s", (number,))
        cursor.execute("SAVEPOINT s")
        cursor.execute("SELECT write_item(%s, 'open')", (100 + number,))
        # More than the outbox takes in one piece: parts of it are staged.
        cursor.execute("INSERT INTO item SELECT %s + i, repeat('x', 2000) FROM generate_series(1, 1000) i",
                       (10_000 * number,))


def test_others_are_mirrored_marked_and_healed(make_pair):
    pair = make_pair(SCHEMA, outbox={"chunk": "1MiB"})
    pair.assert_equal()
    with contextlib.ExitStack() as stack:
        sessions = [stack.enter_context(contextlib.closing(pair.connect(autocommit=False))) for _ in range(SESSIONS)]
        for number, session in enumerate(sessions, 1):
            begin_and_write(session, number)
        for key in range(500, 600):
            pair.sql("UPDATE item SET v = 'new' WHERE id = %s", (key,))
        pair.sql("SELECT write_item(700, 'new')")
        assert pair.daemon.command("heal", "--table", "item", "--all").returncode == 0
        pair.assert_equal("60s")
        status = pair.status()
        assert not status["marks"] and status["applied"] == status["prepared"], status
        # Of those that end, some commit, some are rolled back, of some the client goes.
        for number, session in enumerate(sessions):
            (session.commit, session.rollback, session.close)[number % 3]()
    pair.assert_equal()
    assert pair.on_target("SELECT count(*) FROM item") == [(1000 + 1000 * len(sessions[::3]),)]


def test_what_was_open_before_pgtandem_came_is_brought_over_when_it_ends(make_pair):
    pair = make_pair(SCHEMA)
    pair.daemon.terminate()
    shutil.rmtree(pair.daemon.directory / "outbox")
    with contextlib.closing(pair.legacy.connect(pair.database)) as early:
        early.autocommit = False
        with early.cursor() as cursor:
            cursor.execute("UPDATE item SET v = 'early' WHERE id = 1")
            pair.daemon.start()
            pair.sql("UPDATE item SET v = 'new' WHERE id = 2")
            assert pair.daemon.command("heal", "--table", "item", "--all").returncode == 0
            [mark] = pair.status()["marks"]
            assert mark["reason"] == "newly mirrored" and not mark["ripe"], mark
            cursor.execute("UPDATE item SET v = 'early' WHERE id = 3")
        early.commit()
    pair.assert_equal()
    assert not pair.status()["marks"]


def take_in(pair, table):
    """One that both servers have since."""
    for server in pair.servers.both():
        server.sql(pair.database, "SET ROLE app; ALTER TABLE item ADD COLUMN n integer")  # makes it look
    pair.daemon.until(lambda: f"public.{table}" in pair.status()["mirrored"], "take the table in")


def create_fresh(pair):
    for server in pair.servers.both():
        server.sql(pair.database, "SET ROLE app; CREATE TABLE fresh (id integer PRIMARY KEY)")


def test_a_row_that_is_on_its_way_while_its_table_is_taken_in(make_pair):
    pair = make_pair(SCHEMA)
    pair.assert_equal()
    with contextlib.closing(pair.legacy.connect(pair.database)) as gate, contextlib.closing(pair.raw()) as client:
        gate.autocommit = True
        with gate.cursor() as cursor:
            create_fresh(pair)
            gate.autocommit = False
            cursor.execute("LOCK TABLE fresh IN SHARE MODE")
            client.socket.sendall(rawpg.query("INSERT INTO fresh VALUES (1)"))
            pair.daemon.until(lambda: pair.on_legacy("SELECT 1 FROM pg_locks WHERE NOT granted"), "send the statement")
            take_in(pair, "fresh")
            assert pair.daemon.command("heal", "--table", "fresh", "--all").returncode == 0
            marks = [m for m in pair.status()["marks"] if m["table"] == "public.fresh"]
            assert marks and not marks[0]["ripe"], marks
        gate.rollback()
        client.until(b"", "Z")
    pair.assert_equal()
    assert pair.on_target("SELECT id FROM fresh") == [(1,)]


@pytest.mark.parametrize("prepare, execute", [
    (rawpg.parse("INSERT INTO fresh VALUES ($1)", "q") + rawpg.sync(),
     rawpg.bind("1", statement="q") + rawpg.execute() + rawpg.sync()),
    (rawpg.query("PREPARE q AS INSERT INTO fresh VALUES ($1)"), rawpg.query("EXECUTE q (1)")),
    (rawpg.query("BEGIN; INSERT INTO fresh VALUES (1)"), rawpg.query("COMMIT")),
    (rawpg.query("BEGIN; SAVEPOINT s"), rawpg.query("INSERT INTO fresh VALUES (1)") + rawpg.query("COMMIT")),
    (rawpg.query("DECLARE c CURSOR WITH HOLD FOR SELECT id FROM item WHERE id = 1"),
     rawpg.query("INSERT INTO fresh VALUES (1)")),
], ids=["parse", "prepare", "block", "begin", "session"])
def test_what_was_planned_before_a_table_was_taken_in(make_pair, prepare, execute):
    pair = make_pair(SCHEMA)
    pair.assert_equal()
    create_fresh(pair)
    with contextlib.closing(pair.raw()) as client:
        client.exchange(prepare)
        take_in(pair, "fresh")
        if b"BEGIN; INSERT" not in prepare:
            pair.daemon.wait()  # its heal has found no row
        client.exchange(execute, execute.count(b"COMMIT") + 1 if execute.count(b"Q") > 1 else 1)
    pair.assert_equal()
    assert pair.on_target("SELECT id FROM fresh") == [(1,)]
