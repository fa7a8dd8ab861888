"""Values of many megabytes in one row, as a literal and as a parameter, up to where no image of them can be made."""

import pytest

import rawpg

SCHEMA = "CREATE TABLE big (id integer PRIMARY KEY, t text, b bytea);"
MB = 1 << 20


@pytest.fixture
def pair(make_pair):
    pair = make_pair(SCHEMA)
    pair.daemon.wait()  # for the marks of a new outbox
    return pair


def test_100_megabytes(pair):
    before = pair.status()["marks_made"]
    text = 'ä\\"' * (25 * MB)  # grows by half in JSON
    octets = bytes(range(256)) * (400 << 10)
    pair.sql("INSERT INTO big VALUES (1, %s, NULL)", (text,))
    raw = pair.raw()
    answers = raw.exchange(rawpg.parse("INSERT INTO big (id, b) VALUES ($1, $2)")
                           + rawpg.bind(2, octets, formats=(0, 1)) + rawpg.execute() + rawpg.sync())
    assert [m.type for m in answers] == ["1", "2", "C", "Z"]
    raw.close()
    pair.sql("UPDATE big SET t = 'beside 100 MB' WHERE id = 2")
    pair.assert_equal("300s")
    status = pair.status()
    assert not status["marks"] and status["marks_made"] == before, status


def test_a_row_without_an_image_is_owed_and_says_so(pair):
    pair.sql("INSERT INTO big VALUES (1, 'small', NULL)")
    pair.sql("INSERT INTO big VALUES (2, repeat('x', %s), NULL)", (160 * MB,))  # escaped, JSON might exceed 1 GB
    pair.daemon.until(lambda: "too large" in pair.status()["error"], "say what it cannot mirror")
    assert pair.daemon.command("wait", "--timeout", "1s").returncode == 2
    assert pair.drift_report()[0] == 2
    pair.sql("INSERT INTO big VALUES (3, 'goes on', NULL)")
    pair.daemon.until(lambda: pair.on_target("SELECT id FROM big ORDER BY id") == [(1,), (3,)], "go on")
    pair.sql("DELETE FROM big WHERE id = 2")
    pair.assert_equal()
    assert not pair.status()["marks"]
