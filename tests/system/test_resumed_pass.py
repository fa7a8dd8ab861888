"""A pass over a whole table that pgtandem does not live to finish: killed in its middle, again and again, while random
writers go on, it is finished all the same, and what was read once is not read again."""

import functools
import random

import psycopg2
import pytest

from crowd import Crowd

ROWS = 130_000
MIDDLE = 80_000  # below what the first fifty windows read, which are not paused
READ_AGAIN = 20_000  # at most: what lies between two notes
LIVES = 3
PAUSE = "1h"  # behind each further window: there the pass stands until pgtandem is killed

SCHEMA = """
CREATE TABLE big (id integer PRIMARY KEY, v text);
"""
FILL = f"INSERT INTO big SELECT i, md5(i::text) FROM generate_series(1, {ROWS}) i"


class Writers(Crowd):
    """They write at random through pgtandem, and connect again when it was killed."""

    def __init__(self, pair, seed, count=3):
        super().__init__(survived=psycopg2.OperationalError)
        self._pair, self.written = pair, 0
        for n in range(count):
            self.add(pair.connect, functools.partial(self._write, choice=random.Random(seed + n)))

    def _write(self, cursor, choice):
        row, kind = choice.randint(1, ROWS), choice.random()
        if kind < 0.5:
            cursor.execute("UPDATE big SET v = 'updated' WHERE id = %s", (row,))
        elif kind < 0.6:
            cursor.execute("DELETE FROM big WHERE id = %s", (row,))
        elif kind < 0.8:
            cursor.execute("INSERT INTO big VALUES (%s, 'new') ON CONFLICT (id) DO UPDATE SET v = 'again'", (row,))
        else:  # a row that comes and goes, or stays where it was
            cursor.execute("BEGIN; DELETE FROM big WHERE id = %s; INSERT INTO big VALUES (%s, 'moved')", (row, -row))
            cursor.execute("DELETE FROM big WHERE id = %s", (-row,))
            cursor.execute(choice.choice(["COMMIT", "ROLLBACK"]))
        self.written += 1

    def wait_for(self, more):
        wanted = self.written + more
        self._pair.daemon.until(lambda: self.failures or self.written >= wanted, f"take {more} writes")


@pytest.fixture
def pair(make_pair):
    """With the rows on legacy alone and an outbox that knows nothing of them; pgtandem is down."""
    pair = make_pair(SCHEMA, options={"heal_pause": PAUSE})
    pair.daemon.terminate()
    pair.on_legacy(FILL)
    pair.on_legacy("VACUUM ANALYZE big")
    (pair.daemon.directory / "outbox").rename(pair.daemon.directory / "outbox of the empty table")
    return pair


def the_pass(pair):
    """Once it stands beyond the middle of the table, and has read some of it in this life of pgtandem."""
    for heal in pair.status()["heals"]:
        if heal["table"] == "public.big" and heal["pass_rows"] > (heal["pass_resumed"] or MIDDLE):
            return heal
    return None


def test_killed_in_the_middle_of_the_initial_heal(pair):
    seed = random.randrange(1 << 30)
    print(f"seed {seed}")
    pair.daemon.start()
    with Writers(pair, seed) as writers:
        reached = 0
        for life in range(LIVES):
            heal = pair.daemon.until(lambda: the_pass(pair), "come to the middle of the pass", 120)
            print(heal)
            assert heal["running"]
            assert (heal["pass_resumed"] > 0) == (life > 0)
            if life:
                assert heal["pass_resumed"] > reached - READ_AGAIN
            reached = heal["pass_rows"]
            writers.wait_for(50)
            pair.daemon.kill()
            if life == LIVES - 1:
                pair.reconfigure({"heal_pause": "0ms"})
            pair.daemon.start()
    pair.daemon.wait("120s")
    heal = the_pass(pair)
    print(heal)
    assert not heal["running"]
    assert heal["pass_rows"] - heal["pass_resumed"] < ROWS - MIDDLE + READ_AGAIN
    pair.assert_equal()
    assert pair.status()["marks"] == []
    assert pair.drift_report()[0] == 0


def test_begins_anew_after_a_crash_of_legacy(pair):
    """What the pass had read may have been lost with the crash, and of rows that were not there no record tells."""
    pair.daemon.start()
    pair.daemon.until(lambda: the_pass(pair), "come to the middle of the pass", 120)
    pair.daemon.kill()
    pair.legacy.restart("immediate")
    pair.reconfigure({"heal_pause": "0ms"})
    pair.daemon.start()
    pair.daemon.wait("120s")
    heal = the_pass(pair)
    assert (heal["pass_resumed"], heal["running"]) == (0, False)
    pair.assert_equal()
