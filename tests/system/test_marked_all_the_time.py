"""An application whose every write is a function's: marks are made all the time, by writers of which some always run.
Heals make progress all the same, and what is kept of the marks stays small."""

import functools
import random

import pytest

from crowd import Crowd

SCHEMA = """
CREATE TABLE account (id integer PRIMARY KEY, balance integer NOT NULL, note text);
INSERT INTO account SELECT i, 0, repeat('x', 100) FROM generate_series(1, 5000) i;
CREATE FUNCTION book(a integer, amount integer) RETURNS void LANGUAGE sql AS $$
  UPDATE account SET balance = balance + amount WHERE id = a
$$;
"""
SESSIONS = 4


class Bookings(Crowd):
    """Sessions that call the function as fast as they are answered."""

    def __init__(self, pair):
        super().__init__()
        self._pair = pair
        self.made = [0] * SESSIONS
        for number in range(SESSIONS):
            self.add(pair.connect, functools.partial(self._book, number))

    def _book(self, number, cursor):
        cursor.execute("SELECT book(%s, 1)", (1 + self.made[number] * 37 % 5000,))
        self.made[number] += 1

    def wait_for(self, more):
        """Until so many more bookings were made."""
        wanted = sum(self.made) + more
        self._pair.daemon.until(lambda: self.failures or sum(self.made) >= wanted, f"take {more} bookings", 120)
        assert not self.failures


@pytest.fixture
def pair(imaged_pair):
    return imaged_pair(SCHEMA)


def test_heals_keep_up_with_marks(pair):
    with Bookings(pair) as bookings:
        for _ in range(3):
            bookings.wait_for(100)
            # Everything that was marked until now: heals that are thrown away whenever a mark is made never do this.
            assert pair.status()["marks"]
            pair.daemon.wait("60s")
        assert pair.status()["marks_made"] >= 300
    pair.assert_equal()
    assert pair.on_target("SELECT sum(balance) FROM account") == [(sum(bookings.made),)]
    assert pair.status()["marks"] == []


def test_marks_do_not_add_up_while_no_heal_gets_through(pair):
    with Bookings(pair) as bookings:
        bookings.wait_for(200)
        pair.target.stop("fast")  # a pass over a table ends with a look at the target
        try:
            bookings.wait_for(3000)
            status = pair.status()
            assert status["marks_made"] > 3000
            ripe = [mark for mark in status["marks"] if mark["ripe"]]
            assert len(ripe) <= 2
            assert len(status["marks"]) <= 2 + SESSIONS
        finally:
            pair.target.start()
    pair.assert_equal()


def test_keys_without_case_are_healed_though_writes_leave_no_gap(make_pair):
    """Which of two texts are one key only the server knows; a heal must not wait for nobody to write."""
    pair = make_pair("CREATE EXTENSION citext; CREATE TABLE customer (email citext PRIMARY KEY, n integer NOT NULL)")
    pair.on_legacy("INSERT INTO customer SELECT 'User' || i || '@Example.com', 0 FROM generate_series(1, 3000) i")

    def write(choice, cursor):
        cursor.execute("UPDATE customer SET n = n + 1 WHERE email = %s", (f"uSER{choice.randint(1, 3000)}@eXAMPLE.COM",))

    writers = Crowd()
    for seed in range(SESSIONS):
        writers.add(pair.connect, functools.partial(write, random.Random(seed)))
    with writers:
        healed = pair.daemon.command("heal", "--table", "customer", "--all", "--timeout", "120s")
    assert healed.returncode == 0, healed.stderr
    pair.assert_equal()
