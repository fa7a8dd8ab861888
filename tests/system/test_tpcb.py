"""pgbench's TPC-B-like load, 16 clients, in every protocol mode: equal by images alone."""

import pytest

import pgbench

CLIENTS, EACH, SCALE = 16, 150, 4

# What pgbench -i makes, with a key for the history: a table without one cannot be mirrored.
SCHEMA = f"""
CREATE TABLE pgbench_branches (bid int PRIMARY KEY, bbalance int, filler char(88));
CREATE TABLE pgbench_tellers (tid int PRIMARY KEY, bid int, tbalance int, filler char(84));
CREATE TABLE pgbench_accounts (aid int PRIMARY KEY, bid int, abalance int, filler char(84));
CREATE TABLE pgbench_history (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, tid int, bid int, aid int,
  delta int, mtime timestamp, filler char(22));
INSERT INTO pgbench_branches SELECT b, 0, 'b' FROM generate_series(1, {SCALE}) b;
INSERT INTO pgbench_tellers SELECT t, (t - 1) / 10 + 1, 0, 't' FROM generate_series(1, {SCALE} * 10) t;
INSERT INTO pgbench_accounts SELECT a, (a - 1) / 100000 + 1, 0, 'a' FROM generate_series(1, {SCALE} * 100000) a;
"""


@pytest.mark.parametrize("mode", ["simple", "extended", "prepared"])
def test_equal_by_images_alone(imaged_pair, mode):
    pair = imaged_pair(SCHEMA)
    transactions = CLIENTS * EACH
    pgbench.run(pair.daemon.port, pair.database, "-M", mode, "-c", CLIENTS, "-j", 2, "-t", EACH).check(transactions)
    pair.assert_equal()
    status = pair.status()
    assert status["transactions"] == transactions
    assert status["images"] == 4 * transactions
    assert status["marks_made"] == 0
    assert pair.on_target("SELECT count(*) FROM pgbench_history") == [(transactions,)]


def test_half_the_load_rolls_back(imaged_pair, directory):
    """What was rolled back leaves nothing: neither images nor rows."""
    pair = imaged_pair(SCHEMA)
    script = directory / "rollback.sql"
    script.write_text("\\set aid random(1, 100000)\nBEGIN;\n"
                      "UPDATE pgbench_accounts SET abalance = 1 WHERE aid = :aid;\nROLLBACK;\n")
    result = pgbench.run(pair.daemon.port, pair.database, "-M", "prepared", "-c", 8, "-t", 200, "-f", script,
                         "-b", "simple-update")
    result.check(1600)
    pair.assert_equal()
    status = pair.status()
    committed = pair.on_legacy("SELECT count(*) FROM pgbench_history")[0][0]
    assert 0 < committed < 1600
    assert (status["transactions"], status["images"], status["marks_made"]) == (committed, 2 * committed, 0)
