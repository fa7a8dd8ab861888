"""COPY FROM STDIN: its rows are read back by the keys in its data, where that is certain."""

import io

import pytest

import copies
import rawpg
from pair import Pair
from statements import IMAGED, MADE, MARKED, made

PROTOCOLS = ("simple", "extended")


@pytest.fixture(scope="module")
def shared(servers, directory):
    pair = Pair(servers, directory / "copies", copies.SCHEMA, options={"initial_heal": "off"})
    yield pair
    pair.remove()


def run(client, protocol, step):
    """One step in either protocol; what legacy says of it."""
    if isinstance(step, str):
        return outline(client.exchange(rawpg.query(step) if protocol == "simple" else rawpg.run_extended(step) + rawpg.sync()))
    # Anything may be cut anywhere.
    pieces = b"".join(rawpg.copy_data(step.data[i:i + 7]) for i in range(0, len(step.data), 7))
    data = pieces + (rawpg.copy_fail("no more") if step.fails else rawpg.copy_done())
    if protocol == "simple":
        return outline(client.exchange(rawpg.query(step.sql) + data))
    return outline(client.exchange(rawpg.run_extended(step.sql) + data + rawpg.sync()))


def outline(messages):
    return [m.type for m in messages], rawpg.tags(messages), [e.fields for e in rawpg.errors(messages)]


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("case", copies.CASES, ids=lambda case: case.name)
def test_copy(shared, case, protocol):
    before = shared.status()
    with shared.raw_direct() as direct, shared.raw() as proxied:
        expected = [run(direct, protocol, step) for step in case.steps]
        seen = [run(proxied, protocol, step) for step in case.steps]
    assert seen == expected
    shared.assert_equal()
    assert made(shared.status(), before) == MADE[case.outcome]


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_waiting_for_legacy(shared, protocol):
    """A client that sends nothing before it is asked, and gives up once it has sent something."""
    before = shared.status()
    with shared.raw() as client:
        sql = "COPY item FROM STDIN"
        begin = rawpg.query(sql) if protocol == "simple" else rawpg.run_extended(sql) + rawpg.flush()
        end = b"" if protocol == "simple" else rawpg.sync()
        client.until(begin, "G")
        messages = client.exchange(rawpg.copy_data(b"100\tone\n10") + rawpg.copy_data(b"1\ttwo\n") + rawpg.copy_done() + end)
        assert rawpg.tags(messages) == ["COPY 2"]
        client.until(begin, "G")
        messages = client.exchange(rawpg.copy_data(b"200\tnever\n") + rawpg.copy_fail("no more") + end)
        assert [e.sqlstate for e in rawpg.errors(messages)] == ["57014"]
        assert rawpg.tags(client.simple(copies.AWAY)) == ["DELETE 2"]
    shared.assert_equal()
    assert made(shared.status(), before) == MADE[IMAGED]


def test_by_driver_in_transaction(shared):
    before = shared.status()
    connection = shared.connect(autocommit=False)
    cursor = connection.cursor()
    cursor.execute("UPDATE item SET v = 'before' WHERE id = 1")
    cursor.copy_expert("COPY item FROM STDIN", io.StringIO("".join(f"{i}\tc{i}\n" for i in range(1000, 6000))))
    cursor.execute("UPDATE item SET v = 'behind' WHERE id = 2000")
    connection.commit()
    connection.close()
    shared.assert_equal()
    assert shared.status()["images"] == before["images"] + 5002
    assert made(shared.status(), before) == MADE[IMAGED]


def test_several_in_one_query(shared):
    """They run as one text, so nothing can be asked between them."""
    before = shared.status()
    with shared.raw() as client:
        one = rawpg.copy_data(b"100\tx\n") + rawpg.copy_done()
        other = rawpg.copy_data(b"a\tx\n") + rawpg.copy_done()
        messages = client.exchange(rawpg.query("COPY item FROM STDIN; COPY named FROM STDIN") + one + other)
        assert rawpg.tags(messages) == ["COPY 1", "COPY 1"]
        client.simple("TRUNCATE item, named CASCADE")
    shared.assert_equal()
    assert made(shared.status(), before) == MADE[MARKED]


def test_role_that_may_not_read(shared):
    """It may insert: reading back would fail its statement."""
    shared.on_legacy("DO $$ BEGIN CREATE ROLE inserter; EXCEPTION WHEN duplicate_object THEN NULL; END $$")
    shared.on_legacy("GRANT inserter TO app; GRANT INSERT ON named TO inserter; GRANT USAGE ON SCHEMA public TO inserter")
    before = shared.status()
    with shared.raw() as client:
        client.simple("SET ROLE inserter")
        data = rawpg.copy_data(b"a\t1\n") + rawpg.copy_done()
        assert rawpg.tags(client.exchange(rawpg.query("COPY named FROM STDIN") + data)) == ["COPY 1"]
        client.simple("RESET ROLE")
        client.simple("TRUNCATE named CASCADE")
    shared.assert_equal()
    assert made(shared.status(), before) == MADE[MARKED]
