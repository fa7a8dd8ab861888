"""Statements that outlive pgtandem: legacy finishes what was running when the proxy ended, unaware that nobody waits for the
answer any more. What commits then is not lost."""

import contextlib
import shutil

import pytest

import rawpg

SCHEMA = """
CREATE TABLE item (id integer PRIMARY KEY, v text);
INSERT INTO item SELECT i, 'old' FROM generate_series(1, 10) i;
CREATE PROCEDURE commit_late() LANGUAGE plpgsql AS $$
BEGIN
  UPDATE item SET v = 'early' WHERE id = 1;
  COMMIT;
  PERFORM pg_advisory_xact_lock(1);
  UPDATE item SET v = 'late';
  COMMIT;
END $$;
"""
DO = "DO $$ BEGIN PERFORM pg_advisory_xact_lock(1); UPDATE item SET v = 'late'; COMMIT; END $$"
WAITING = "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"


@contextlib.contextmanager
def late_writer(pair, statement, port=None):
    """On legacy, `statement` waits while the block runs; at the end legacy has finished it. Yields its backend's pid."""
    with contextlib.closing(pair.legacy.connect(pair.database)) as gate, gate.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(1)")
        with contextlib.closing(
                rawpg.Connection(port or pair.daemon.port, user="app", database=pair.database)) as client:
            client.socket.sendall(rawpg.query(statement))
            [[pid]] = pair.daemon.until(lambda: pair.on_legacy(WAITING), "send the statement")
            yield pid
            cursor.execute("SELECT pg_advisory_unlock(1)")
            pair.daemon.until(lambda: pair.on_legacy("SELECT 1 FROM item HAVING bool_and(v = 'late')"), "see it written")


def assert_one_mark_of(pair, backend):
    """Whatever a heal that begins now would clear is cleared."""
    assert pair.daemon.command("heal", "--table", "item", "--all").returncode == 0
    [mark] = pair.status()["marks"]
    assert not mark["ripe"] and mark["backend_pid"] == backend, mark
    text = pair.daemon.command("marks list").stdout
    assert f"backend {backend} of legacy may still write" in text, text


@pytest.mark.parametrize("end", ["kill", "terminate"])
@pytest.mark.parametrize("statement", ["CALL commit_late()", DO])
def test_what_is_written_after_a_restart_is_healed(make_pair, statement, end):
    pair = make_pair(SCHEMA, shutdown_timeout="1s")
    pair.assert_equal()
    with late_writer(pair, statement) as backend:
        for _ in range(2):
            getattr(pair.daemon, end)()
            pair.daemon.start()
        assert_one_mark_of(pair, backend)
    pair.assert_equal()
    assert not pair.status()["marks"]


def assert_waits_for_transactions(pair, reason):
    assert pair.daemon.command("heal", "--table", "item", "--all").returncode == 0
    marks = pair.status()["marks"]
    assert [m for m in marks if m["reason"] == reason and not m["ripe"] and m["backend_pid"] == 0], marks


@pytest.mark.parametrize("statement", ["CALL commit_late()", DO])
def test_what_was_begun_before_pgtandem_came_is_brought_over(make_pair, statement):
    pair = make_pair(SCHEMA)
    pair.daemon.stop()
    shutil.rmtree(pair.daemon.directory / "outbox")
    with late_writer(pair, statement, pair.legacy.port):
        pair.daemon.start()
        assert_waits_for_transactions(pair, "newly mirrored")
    pair.assert_equal()


@pytest.mark.parametrize("statement", ["CALL commit_late()", DO])
def test_what_was_begun_without_a_mark_is_healed(make_pair, statement):
    pair = make_pair(SCHEMA, outbox={"min_free": "900TiB"}, shutdown_timeout="1s")  # more than any disk here has
    pair.sql("INSERT INTO item VALUES (11, 'old')")
    assert pair.status()["degraded"]
    with late_writer(pair, statement):
        pair.daemon.terminate()
        pair.reconfigure()
        pair.daemon.start()
        assert_waits_for_transactions(pair, "commits went without records")
    pair.assert_equal()
