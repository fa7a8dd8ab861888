"""Changes of keys among sessions: the old keys are read just before the statement, which may find other rows."""

import threading

import pytest

import rawpg

SCHEMA = """
CREATE TABLE item (id integer PRIMARY KEY, v text);
INSERT INTO item SELECT i, 'v' || i % 3 FROM generate_series(1, 9) i;
CREATE TABLE part (region text, id integer, v text, PRIMARY KEY (region, id)) PARTITION BY LIST (region);
CREATE TABLE part_north PARTITION OF part FOR VALUES IN ('north');
CREATE TABLE part_south PARTITION OF part FOR VALUES IN ('south');
INSERT INTO part SELECT CASE WHEN i < 4 THEN 'north' ELSE 'south' END, i, 'v' FROM generate_series(1, 6) i;
"""


def waiting(pair):
    return pair.on_legacy("SELECT 1 FROM pg_locks WHERE NOT granted")


@pytest.mark.parametrize("in_block", [False, True])
def test_a_row_that_comes_between_is_healed(imaged_pair, in_block):
    """The old keys wait for a lock; meanwhile a row is committed that the statement will change, too."""
    pair = imaged_pair(SCHEMA)
    changed = []

    def change():
        with pair.raw() as connection:
            if in_block:
                connection.simple("BEGIN")
            changed.extend(connection.extended("UPDATE item SET id = id + 100 WHERE v = $1", "v1"))
            if in_block:
                connection.simple("COMMIT")

    with pair.raw() as blocker:
        blocker.simple("BEGIN")
        blocker.simple("UPDATE item SET v = v WHERE id = 1")
        session = threading.Thread(target=change)
        session.start()
        pair.daemon.until(lambda: waiting(pair), "wait for the row")
        pair.sql("INSERT INTO item VALUES (50, 'v1')")
        blocker.simple("COMMIT")
        session.join(30)
    assert rawpg.tags(changed) == ["UPDATE 4"]
    pair.assert_equal()
    assert pair.status()["marks_made"] == 1


def test_a_row_that_leaves_meanwhile_is_left_alone(imaged_pair):
    pair = imaged_pair(SCHEMA)
    changed = []

    def change():
        with pair.raw() as connection:
            changed.extend(connection.simple("UPDATE item SET id = id + 100 WHERE v = 'v1'"))

    with pair.raw() as blocker:
        blocker.simple("BEGIN")
        blocker.simple("UPDATE item SET v = 'other' WHERE id = 1")
        blocker.simple("DELETE FROM item WHERE id = 4")
        session = threading.Thread(target=change)
        session.start()
        pair.daemon.until(lambda: waiting(pair), "wait for the row")
        blocker.simple("COMMIT")
        session.join(30)
    assert rawpg.tags(changed) == ["UPDATE 1"]
    pair.assert_equal()
    status = pair.status()
    assert (status["images"], status["marks_made"]) == (4, 0)


@pytest.mark.parametrize("protocol", ["simple", "extended"])
def test_rows_that_move_to_another_partition(imaged_pair, protocol):
    pair = imaged_pair(SCHEMA)
    with pair.raw() as client:
        assert rawpg.tags(getattr(client, protocol)("UPDATE part SET region = 'south', v = 'moved' WHERE id < 3")) == ["UPDATE 2"]
        getattr(client, protocol)("UPDATE part_south SET id = 60 WHERE id = 6")
    pair.assert_equal()
    status = pair.status()
    assert (status["images"], status["marks_made"]) == (6, 0)


def test_parameters_of_every_kind(imaged_pair):
    """Types given and not, values in binary, parameters that only the new values use."""
    pair = imaged_pair(SCHEMA)
    text = "UPDATE item SET v = $1, id = $2 WHERE id = $4 AND (v = $3 OR $3 IS NULL)"
    with pair.raw() as client:
        for types, values in (((), ("a", 101, None, 1)), ((25, 23, 25, 20), ("b", 102, "v2", 2)), ((0, 0, 0, 23), (None, 103, "v0", 3))):
            binary = [0, 0, 0, 1] if types else []
            last = values[3].to_bytes(8 if 20 in types else 4, "big") if types else values[3]
            messages = client.exchange(rawpg.parse(text, types=types) + rawpg.bind(*values[:3], last, formats=binary)
                                       + rawpg.execute() + rawpg.sync())
            assert rawpg.errors(messages) == [] and rawpg.tags(messages) == ["UPDATE 1"]
        # Legacy reads the condition before the new values, so it fails here by itself as the own query would.
        with pytest.raises(rawpg.ServerError, match="42P08"):
            client.extended("UPDATE item SET v = $1, id = 104 WHERE id = 4 AND $1 IS NOT NULL", "d")
    pair.assert_equal()
    status = pair.status()
    assert (status["images"], status["marks_made"]) == (6, 0)
