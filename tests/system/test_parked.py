"""Rows that the target refuses are parked, one by one: everything else goes on, nothing is lost, and whoever makes the
target ready gets them by themselves."""

import json
import random

import pytest

SCHEMA = """
CREATE TABLE item (id integer PRIMARY KEY, slot integer UNIQUE, v text);
INSERT INTO item SELECT i, i, 'v' || i FROM generate_series(1, 200) i;
"""
REFUSE = "ALTER TABLE item ADD CONSTRAINT refuse CHECK (v NOT LIKE 'bad%') NOT VALID"


@pytest.fixture
def pair(imaged_pair):
    return imaged_pair(SCHEMA)


def parked(pair):
    return pair.status()["parked"]


def test_refused_rows_are_named_and_come_when_the_target_takes_them(pair):
    pair.on_target(REFUSE + "; CREATE INDEX odd ON item ((1 / (length(v) - 50)))")
    pair.sql("UPDATE item SET v = 'bad' WHERE id = 5; UPDATE item SET v = repeat('x', 50) WHERE id = 6; "
             "UPDATE item SET v = 'good' WHERE id = 7")
    result = pair.daemon.command("wait", "--timeout", "60s")
    assert (result.returncode, "parked list" in result.stderr) == (1, True), result.stderr
    assert pair.on_target("SELECT id, v FROM item WHERE id IN (5, 6, 7) ORDER BY id") == [
        (5, "v5"), (6, "v6"), (7, "good")]
    assert [(p["key"], p["sqlstate"]) for p in parked(pair)] == [('{"id":5}', "23514"), ('{"id":6}', "22012")]
    assert not pair.status()["halted"]
    assert pair.daemon.command("status").returncode == 1
    listed = json.loads(pair.daemon.command("parked list", "--json").stdout)
    assert [p["table"] for p in listed["databases"][0]["parked"]] == ["public.item"] * 2
    code, report = pair.drift_report()
    assert code == 2
    (table,) = report["tables"]
    assert any("parked" in reason for reason in table["undecidable"])

    pair.sql("UPDATE item SET v = 'passed over' WHERE id = 5")
    pair.on_target("ALTER TABLE item DROP CONSTRAINT refuse; DROP INDEX odd")
    assert pair.daemon.command("parked retry").returncode == 0
    pair.daemon.until(lambda: not parked(pair), "take what was parked")
    pair.assert_equal()
    assert pair.drift_report()[0] == 0


def test_a_stale_row_in_the_way_settles_by_itself(pair):
    """The target alone has rows that hold what legacy's rows want: surplus, or with an older value."""
    pair.on_target("INSERT INTO item VALUES (900, 1000, 'surplus'); UPDATE item SET slot = 1001 WHERE id = 50")
    pair.sql("INSERT INTO item VALUES (300, 1000, 'wants it'), (301, 1001, 'wants that')")
    pair.assert_equal()
    assert parked(pair) == []


def test_values_that_rows_handed_round_are_healed(pair):
    pair.on_target("ALTER TABLE item ADD own text; UPDATE item SET own = 'kept ' || id")
    pair.on_legacy("UPDATE item SET slot = -slot; UPDATE item SET slot = 201 + slot")
    assert pair.daemon.command("heal", "--table", "item", "--all").returncode == 0
    assert parked(pair) == []
    assert pair.on_target("SELECT count(*) FROM item WHERE slot = 201 - id AND own = 'kept ' || id") == [(200,)]


def test_killed_again_and_again_while_rows_are_refused(pair):
    """Parked is parked in the transaction that moves the position: each row once, none lost, whatever the daemon was
    doing."""
    seed = random.randrange(1 << 30)
    print(f"seed {seed}")
    choice = random.Random(seed)
    pair.on_target(REFUSE)
    refused = set()
    for _ in range(6):
        for _ in range(40):
            row = choice.randrange(1, 201)
            bad = choice.random() < 0.2
            pair.sql("UPDATE item SET v = %s WHERE id = %s", (("bad" if bad else "good") + str(choice.random()), row))
            if bad:
                refused.add(row)
        pair.daemon.kill()
        pair.daemon.start()
    # Position and rows are the target's own: wait until all of it was tried.
    pair.daemon.until(lambda: (s := pair.status())["applied"] >= s["prepared"] and not s["marks"], "apply", 120)
    keys = [row[0] for row in pair.on_target("SELECT (key::json ->> 'id')::int FROM pgtandem.parked")]
    assert len(keys) == len(set(keys))
    assert set(keys) <= refused
    bad = {row[0] for row in pair.on_legacy("SELECT id FROM item WHERE v LIKE 'bad%'")}
    assert bad <= set(keys)
    pair.on_target("ALTER TABLE item DROP CONSTRAINT refuse")
    assert pair.daemon.command("parked retry").returncode == 0
    pair.daemon.until(lambda: not parked(pair), "take what was parked")
    pair.assert_equal()
