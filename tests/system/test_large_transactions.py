"""Transactions that are larger than the memory they may take: mirrored row by row, with nothing marked.

PGTANDEM_LARGE_ROWS sets their size (2000000 takes some minutes)."""

import itertools
import os
import threading
import time
from pathlib import Path

import pytest

ROWS = int(os.environ.get("PGTANDEM_LARGE_ROWS", 200_000))
CHUNK = "8MiB" if ROWS > 1_000_000 else "1MiB"
GROWTH = 300 << 20  # of the daemon's memory, whatever ROWS is

SCHEMA = f"""
CREATE TABLE item (id integer PRIMARY KEY, n integer NOT NULL, v text NOT NULL);
CREATE TABLE loaded (id integer PRIMARY KEY, v text NOT NULL);
CREATE TABLE other (id integer PRIMARY KEY, n integer NOT NULL);
INSERT INTO item SELECT i, 0, repeat('x', 60) FROM generate_series(1, {ROWS}) i;
INSERT INTO other SELECT i, 0 FROM generate_series(1, 10) i;
"""


@pytest.fixture
def pair(make_pair):
    return make_pair(SCHEMA, options={"initial_heal": "off"}, outbox={"chunk": CHUNK})


class Memory:
    """Of the daemon, from here on."""

    def __init__(self, daemon):
        self.process = Path("/proc") / str(daemon.process.pid)
        (self.process / "clear_refs").write_text("5")  # VmHWM begins anew
        self.before = self.bytes_of("VmRSS")

    def bytes_of(self, name):
        for line in (self.process / "status").read_text().splitlines():
            if line.startswith(name + ":"):
                return int(line.split()[1]) << 10
        raise AssertionError(f"no {name}")

    def assert_bounded(self):
        growth = self.bytes_of("VmHWM") - self.before
        print(f"{ROWS} rows: {self.before >> 20} MiB before, at most {growth >> 20} MiB more")
        assert growth < GROWTH, f"{growth >> 20} MiB more than before"


class Others:
    """A session that goes on committing until it is stopped."""

    def __init__(self, pair):
        self.connection = pair.connect()
        self.commits = 0
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self.run)

    def run(self):
        with self.connection.cursor() as cursor:
            while not self.stopping.is_set():
                cursor.execute("UPDATE other SET n = n + 1 WHERE id = %s", (self.commits % 10 + 1,))
                self.commits += 1

    def wait_for(self, more):
        """For `more` further commits."""
        wanted = self.commits + more
        while self.commits < wanted and self.thread.is_alive():
            time.sleep(0.01)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        self.thread.join()
        self.connection.close()


def assert_nothing_was_marked(pair):
    status = pair.status()
    assert not status["marks"] and status["marks_made"] == 0, status


def test_one_statement(pair):
    memory = Memory(pair.daemon)
    with Others(pair) as others:
        pair.sql("UPDATE item SET n = n + 1, v = md5(id::text)")
        others.wait_for(1)
    pair.assert_equal("600s")
    memory.assert_bounded()
    assert_nothing_was_marked(pair)
    assert pair.on_target("SELECT count(*), min(n) FROM item") == [(ROWS, 1)]


def test_many_statements_with_savepoints(pair):
    memory = Memory(pair.daemon)
    steps = 30
    part = ROWS // steps
    connection = pair.connect(autocommit=False)
    cursor = connection.cursor()
    with Others(pair) as others:
        for step in range(steps):
            cursor.execute("SAVEPOINT a")
            cursor.execute("UPDATE item SET n = %s WHERE id %% %s = %s", (step, steps, step))
            cursor.execute("SAVEPOINT b")
            cursor.execute("DELETE FROM item WHERE id %% %s = %s AND id %% 7 = 0", (steps, step))
            cursor.execute("INSERT INTO item SELECT %s + i, -1, 'new' FROM generate_series(1, %s) i",
                           (ROWS + step * part, part // 10))
            if step % 3 == 1:
                cursor.execute("ROLLBACK TO a")
            if step % 3 == 2:
                cursor.execute("ROLLBACK TO b")
                cursor.execute("RELEASE a")
        others.wait_for(10)
        connection.commit()
    connection.close()
    assert others.commits >= 10
    pair.assert_equal("600s")
    memory.assert_bounded()
    assert_nothing_was_marked(pair)


class Lines:
    """A file of `count` rows, written while it is read; half-way it waits until `others` have committed."""

    def __init__(self, count, others):
        self.rows = self.written(count, others)

    @staticmethod
    def written(count, others):
        for i in range(1, count + 1):
            if i == count // 2:
                others.wait_for(10)
            yield f"{i}\t{'c' * 60}\n"

    def read(self, _):
        return "".join(itertools.islice(self.rows, 1000))


@pytest.mark.parametrize("part", [1, 20])
def test_copy(pair, part):
    """Its keys are kept as far as they take no more than a chunk; the table is marked where they take more."""
    memory = Memory(pair.daemon)
    connection = pair.connect()
    with Others(pair) as others, connection.cursor() as cursor:
        cursor.copy_expert("COPY loaded FROM STDIN", Lines(ROWS // part, others))
    connection.close()
    assert others.commits >= 10
    pair.assert_equal("600s")
    memory.assert_bounded()
    status = pair.status()
    assert (status["images"] >= ROWS // part, status["marks_made"] > 0) == (part > 1, part == 1)


@pytest.mark.parametrize("end", ["rollback", "client gone", "daemon killed"])
def test_what_was_staged_of_a_transaction_that_did_not_commit_is_nowhere(pair, end):
    connection = pair.connect(autocommit=False)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE item SET n = 1")
    if end == "rollback":
        connection.rollback()
    elif end == "daemon killed":
        pair.daemon.kill()
        pair.daemon.start()
    connection.close()
    pair.sql("UPDATE item SET v = 'behind' WHERE id <= 3")
    pair.assert_equal()
    assert_nothing_was_marked(pair)
    assert pair.on_target("SELECT max(n) FROM item") == [(0,)]
