"""Random transactions of many sessions on few rows: whatever interleaving comes, images alone keep both sides equal.

What a session sends comes from its seed; the seed of a failing run is printed and can be given by RANDOM_SEED."""

import os
import random
import threading

import pytest

import rawpg

SCHEMA = """
CREATE TABLE item (id integer PRIMARY KEY, v text, n numeric NOT NULL DEFAULT 0, CHECK (n < 1000000));
CREATE TABLE pair (a integer, b text, v integer, PRIMARY KEY (a, b));
CREATE TABLE counted (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, item integer, v text);
INSERT INTO item SELECT i, 'v' || i FROM generate_series(1, 12) i;
INSERT INTO pair SELECT i % 4, 'b' || i / 4, i FROM generate_series(0, 11) i;
"""
# Ordinary outcomes of such a crowd; anything else is a failure.
EXPECTED_ERRORS = {"23505", "40P01", "40001", "25P02", "22012", "23514"}

STATEMENTS = [
    "UPDATE item SET n = n + 1, v = v || 'x' WHERE id = {k}",
    "UPDATE item SET n = n + 1 WHERE id BETWEEN {k} AND {k} + 3 RETURNING id, n",
    "UPDATE item SET v = left(v, 5) WHERE id % 3 = {k} % 3",
    "INSERT INTO item (id, v) VALUES ({k}, 'new') ON CONFLICT (id) DO UPDATE SET v = excluded.v, n = item.n + 10",
    "INSERT INTO item (id, v) VALUES ({k}, 'plain')",
    "INSERT INTO item (id, v) SELECT {k} + g, 'many' FROM generate_series(0, 2) g ON CONFLICT DO NOTHING",
    "DELETE FROM item WHERE id = {k}",
    "DELETE FROM item WHERE id IN ({k}, {k} + 1) RETURNING v",
    "UPDATE item SET n = 1 / ({k} % 2) WHERE id = {k}",
    "UPDATE pair SET v = pair.v + 1 FROM item WHERE item.id = pair.a AND item.id <= {k}",
    "INSERT INTO pair VALUES ({k} % 4, 'b1', {k}) ON CONFLICT (a, b) DO UPDATE SET v = pair.v + excluded.v RETURNING v",
    "DELETE FROM pair USING item WHERE item.id = pair.a AND pair.v % 5 = {k} % 5",
    "INSERT INTO counted (item, v) VALUES ({k}, 'a'), ({k}, NULL) RETURNING id",
    "DELETE FROM counted WHERE id % 7 = {k} % 7",
    "SELECT count(*) FROM item",
]


class Session(threading.Thread):
    def __init__(self, pair, seed, transactions):
        super().__init__(daemon=True)
        self.random, self.transactions = random.Random(seed), transactions
        self.connection = pair.raw()
        self.failure = None

    def run(self):
        try:
            for _ in range(self.transactions):
                self.transaction()
            self.connection.close()
        except Exception as e:  # the test reads it: a thread has nobody to raise to
            self.failure = e

    def statement(self):
        return self.random.choice(STATEMENTS).format(k=self.random.randint(1, 12))

    def body(self):
        """Statements between BEGIN and its end, with savepoints."""
        steps, open_savepoints = [], 0
        for _ in range(self.random.randint(1, 5)):
            steps.append(self.statement())
            what = self.random.random()
            if what < 0.2:
                steps.append(f"SAVEPOINT s{open_savepoints}")
                open_savepoints += 1
            elif what < 0.4 and open_savepoints:
                steps.append(f"ROLLBACK TO s{self.random.randrange(open_savepoints)}")
            elif what < 0.5 and open_savepoints:
                open_savepoints -= 1
                steps.append(f"RELEASE s{open_savepoints}")
        return steps

    def transaction(self):
        kind = self.random.choice(["alone", "block", "block", "rollback", "script", "burst"])
        if kind == "alone":
            return self.send([self.statement()])
        if kind == "script":
            return self.check(self.connection.exchange(rawpg.query(";".join(self.statement() for _ in range(3)))))
        if kind == "burst":
            data = b"".join(rawpg.run_extended(self.statement()) for _ in range(3)) + rawpg.sync()
            return self.check(self.connection.exchange(data))
        self.send(["BEGIN", *self.body(), "ROLLBACK" if kind == "rollback" else "COMMIT"])
        self.send(["ROLLBACK"])  # where a savepoint's error left the block open

    def send(self, statements):
        """Each on its own, in a protocol of its own: sessions mix them within a transaction."""
        for sql in statements:
            if self.random.random() < 0.5:
                data = rawpg.query(sql)
            else:
                data = rawpg.run_extended(sql) + rawpg.sync()
            self.check(self.connection.exchange(data))

    @staticmethod
    def check(messages):
        for error in rawpg.errors(messages):
            # 3B001: rolling back to a savepoint that an earlier ROLLBACK TO has taken away.
            if error.sqlstate not in EXPECTED_ERRORS | {"3B001"}:
                raise error


def run_crowd(pair, seed, sessions=8, transactions=150, meanwhile=lambda: None):
    crowd = [Session(pair, seed + i, transactions) for i in range(sessions)]
    for session in crowd:
        session.start()
    meanwhile()
    for session in crowd:
        session.join(300)
    assert [s.failure for s in crowd if s.failure or s.is_alive()] == []


@pytest.fixture
def seed():
    chosen = int(os.environ.get("RANDOM_SEED", random.randrange(1 << 30)))
    print(f"RANDOM_SEED={chosen}")
    return chosen


@pytest.mark.parametrize("run", range(2))
def test_images_alone_keep_both_equal(imaged_pair, seed, run):
    pair = imaged_pair(SCHEMA)
    run_crowd(pair, seed)
    pair.assert_equal()
    status = pair.status()
    assert status["images"] > 1000
    assert status["marks_made"] == 0
    assert pair.drift_report()[0] == 0


def test_with_a_target_that_crashes(imaged_pair, seed):
    pair = imaged_pair(SCHEMA)

    def crash():
        for _ in range(3):
            pair.target.restart("immediate")

    run_crowd(pair, seed, meanwhile=crash)
    pair.assert_equal()
    assert pair.status()["marks_made"] == 0


def test_with_heals_all_the_time(make_pair, seed):
    """Heals of whole tables race every transaction and may change nothing that is right."""
    pair = make_pair(SCHEMA)
    codes = []

    def heal():
        for table in ("item", "pair", "counted") * 3:
            codes.append(pair.daemon.command("heal", "--table", table, "--all").returncode)

    run_crowd(pair, seed, meanwhile=heal)
    assert codes == [0] * 9
    pair.assert_equal()
