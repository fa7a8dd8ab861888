"""Mirrored tables are altered while they are written, through pgtandem and past it: no image is misread, none is
missed, and who has to do something is told what."""

import pytest

import ledger
import rawpg

SCHEMA = """
CREATE TABLE item (id integer PRIMARY KEY, v text, price numeric(10,2));
CREATE TABLE other (id integer PRIMARY KEY, v text);
CREATE TABLE part (id integer, at integer, v text, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE part_1 PARTITION OF part FOR VALUES FROM (0) TO (100);
INSERT INTO item SELECT i, 'v' || i, i / 4.0 FROM generate_series(1, 20) i;
INSERT INTO other SELECT i, 'v' || i FROM generate_series(1, 20) i;
INSERT INTO part SELECT i, i, 'v' || i FROM generate_series(1, 20) i;
"""


def alter(pair, way, sql):
    """On legacy, as its owner."""
    if way == "through":
        pair.sql(sql)
    else:
        pair.on_legacy(f"SET ROLE app; {sql}")


def alter_target(pair, sql):
    pair.on_target(f"SET ROLE app; {sql}")


def halted(pair):
    status = pair.status()
    return status["halted"] and status["error"]


def until_halted(pair):
    return pair.daemon.until(lambda: halted(pair), "halt")


def assert_equal_in_the_end(pair):
    """A look at both sides between the alterations of one and of the other finds them unfit; the next one does not."""
    pair.daemon.until(lambda: pair.daemon.command("wait", "--timeout", "30s").returncode == 0, "go on")
    pair.assert_equal()


def until_noticed(pair, way, times=1):
    """Until then a statement may fail once, if a column that its image names was dropped past pgtandem."""
    if way == "past":
        pair.daemon.until(lambda: pair.daemon.log_file.read_text().count("item was altered") >= times, "notice")


ways = pytest.mark.parametrize("way", ["through", "past"])

# Statements for the target (before) and for legacy; then rows are written by statements that use what is new.
FITTING = {
    "add_column": ("ALTER TABLE item ADD COLUMN note text", "ALTER TABLE item ADD COLUMN note text",
                   "UPDATE item SET note = 'n' || id, v = 'x' WHERE id < 5"),
    "add_column_with_volatile_default": (
        "ALTER TABLE item ADD COLUMN at float8", "ALTER TABLE item ADD COLUMN at float8 DEFAULT random()",
        "INSERT INTO item VALUES (100, 'new', 1)"),
    "change_type": ("ALTER TABLE item ALTER price TYPE float8", "ALTER TABLE item ALTER price TYPE float8",
                    "UPDATE item SET price = price / 3"),
    "change_type_of_key": ("ALTER TABLE item ALTER id TYPE numeric", "ALTER TABLE item ALTER id TYPE numeric",
                           "UPDATE item SET v = 'numeric' WHERE id < 7.5"),
    "rename_column": ("ALTER TABLE item RENAME v TO w", "ALTER TABLE item RENAME v TO w",
                      "UPDATE item SET w = 'renamed' WHERE id < 5"),
    "drop_column": ("ALTER TABLE item DROP v", "ALTER TABLE item DROP v", "UPDATE item SET price = 0 WHERE id < 5"),
    "swap_columns": ("ALTER TABLE item RENAME v TO w; ALTER TABLE item ADD COLUMN v text",
                     "ALTER TABLE item RENAME v TO w; ALTER TABLE item ADD COLUMN v text",
                     "UPDATE item SET v = 'second', w = 'first' WHERE id < 5"),
}


def test_transaction_that_alters_what_it_writes(make_pair):
    pair = make_pair(SCHEMA)
    pair.assert_equal()
    with pair.raw() as client:
        client.exchange(rawpg.parse("UPDATE item SET price = $1 WHERE id = 3", "p") + rawpg.sync())
        alter_target(pair, "ALTER TABLE item DROP v; ALTER TABLE item ADD COLUMN note text")
        for sql in ("BEGIN", "ALTER TABLE item DROP v", "ALTER TABLE item ADD COLUMN note text",
                    "UPDATE item SET note = 'first' WHERE id = 1"):
            client.simple(sql)
        assert not rawpg.errors(client.extended("UPDATE item SET note = 'second' WHERE id = 2"))
        assert not rawpg.errors(client.exchange(rawpg.bind("7", statement="p") + rawpg.execute() + rawpg.sync()))
        client.simple("COMMIT")
        client.simple("UPDATE item SET note = 'after' WHERE id = 4; UPDATE item SET note = 'after' WHERE id = 5")
    assert_equal_in_the_end(pair)


@ways
@pytest.mark.parametrize("name", FITTING)
def test_both_sides_altered_go_on(make_pair, name, way):
    on_target, on_legacy, write = FITTING[name]
    pair = make_pair(SCHEMA)
    pair.assert_equal()
    with pair.raw() as client:  # a session that knew the table before
        assert not rawpg.errors(client.extended("UPDATE item SET price = 1 WHERE id = 9"))
        pair.sql("UPDATE item SET price = 2 WHERE id = 10")
        alter_target(pair, on_target)
        alter(pair, way, on_legacy)
        until_noticed(pair, way)
        assert not rawpg.errors(client.extended(write))
        pair.sql("UPDATE other SET v = 'goes on'")
    assert_equal_in_the_end(pair)


@ways
@pytest.mark.parametrize("name", ["add_column", "change_type", "rename_column", "swap_columns"])
def test_halts_until_the_target_is_altered(make_pair, name, way):
    on_target, on_legacy, write = FITTING[name]
    pair = make_pair(SCHEMA)
    pair.assert_equal()
    pair.sql("UPDATE item SET price = 1")
    alter(pair, way, on_legacy)
    error = until_halted(pair)
    assert "public.item" in error and "on_ddl" in error
    pair.sql(write)
    pair.sql("UPDATE other SET v = 'meanwhile'")
    assert pair.status()["applied"] < pair.status()["prepared"]
    assert pair.on_target("SELECT count(*) FROM other WHERE v = 'meanwhile'") == [(0,)]
    alter_target(pair, on_target)
    assert_equal_in_the_end(pair)


def test_tells_what_was_altered(make_pair):
    pair = make_pair(SCHEMA)
    pair.assert_equal()
    alter(pair, "past", "ALTER TABLE item ALTER price TYPE numeric(12,4), ADD COLUMN note text, DROP COLUMN v")
    error = until_halted(pair)
    for word in ("price", "numeric(10,2)", "numeric(12,4)", "note", "legacy"):
        assert word in error, error
    text = pair.daemon.command("status").stdout
    assert "HALTED" in text and "numeric(12,4)" in text


def test_goes_on_after_a_restart(make_pair):
    """What was written under the old columns is not read by the new ones, also by a daemon that never saw the old."""
    pair = make_pair(SCHEMA)
    pair.assert_equal()
    pair.target.stop("fast")
    pair.sql("UPDATE item SET v = 'before' WHERE id < 10")
    pair.daemon.kill()
    alter(pair, "past", "ALTER TABLE item RENAME v TO w; ALTER TABLE item ADD COLUMN v text")
    pair.target.start()
    pair.daemon.start()
    pair.sql("UPDATE item SET w = 'after' WHERE id < 5")
    until_halted(pair)
    pair.daemon.kill()
    pair.daemon.start()
    until_halted(pair)
    alter_target(pair, "ALTER TABLE item RENAME v TO w; ALTER TABLE item ADD COLUMN v text")
    assert_equal_in_the_end(pair)


@ways
def test_ignore_leaves_out_what_does_not_fit(make_pair, way):
    pair = make_pair(SCHEMA, options={"on_ddl": "ignore"})
    pair.assert_equal()
    alter(pair, way, "ALTER TABLE item ALTER price TYPE numeric(12,4)")
    pair.sql("UPDATE item SET price = 1.2345 WHERE id = 1")
    pair.sql("UPDATE other SET v = 'goes on'")
    pair.daemon.until(lambda: pair.on_target("SELECT count(*) FROM other WHERE v = 'goes on'") == [(20,)], "go on")
    refused = pair.daemon.until(lambda: pair.status()["refused"], "refuse the table")
    assert [t["table"] for t in refused] == ["public.item"]
    assert not halted(pair)
    assert pair.on_target("SELECT price FROM item WHERE id = 1")[0][0] == pair.on_target("SELECT 0.25")[0][0]
    assert pair.drift_report()[0] == 2
    alter_target(pair, "ALTER TABLE item ALTER price TYPE numeric(12,4)")
    pair.daemon.until(lambda: not pair.status()["refused"], "take the table again", 90)
    pair.assert_equal()


@ways
@pytest.mark.parametrize("sql", ["DROP TABLE item", "ALTER TABLE item RENAME TO thing"])
def test_table_that_is_gone(make_pair, way, sql):
    pair = make_pair(SCHEMA)
    pair.assert_equal()
    pair.sql("UPDATE item SET v = 'last' WHERE id = 1")
    alter(pair, way, sql)
    pair.sql("UPDATE other SET v = 'after'")
    assert "public.item" in until_halted(pair)
    alter_target(pair, sql)
    assert_equal_in_the_end(pair)


@ways
def test_new_partition_is_written_at_once(imaged_pair, way):
    pair = imaged_pair(SCHEMA)
    new = "CREATE TABLE part_2 PARTITION OF part FOR VALUES FROM (100) TO (200)"
    pair.sql("INSERT INTO part VALUES (30, 30, 'known')")
    alter_target(pair, new)
    with pair.raw() as client:
        assert not rawpg.errors(client.simple("UPDATE part SET v = 'x' WHERE id = 1"))
        alter(pair, way, new)
        assert not rawpg.errors(client.simple("INSERT INTO part VALUES (150, 150, 'new')"))
        assert not rawpg.errors(client.extended("INSERT INTO part VALUES (151, 151, 'new')"))
    pair.assert_equal()


@ways
def test_attached_and_detached_partitions(make_pair, way):
    pair = make_pair(SCHEMA)
    pair.assert_equal()
    made = "CREATE TABLE part_2 (id integer, at integer, v text, PRIMARY KEY (id, at))"
    alter_target(pair, f"{made}; ALTER TABLE part ATTACH PARTITION part_2 FOR VALUES FROM (100) TO (200)")
    alter(pair, way, f"{made}; INSERT INTO part_2 SELECT i, i, 'attached' FROM generate_series(100, 150) i; "
                     "ALTER TABLE part ATTACH PARTITION part_2 FOR VALUES FROM (100) TO (200)")
    pair.sql("UPDATE part SET v = 'touched' WHERE id = 1")
    pair.daemon.until(lambda: pair.on_target("SELECT count(*) FROM part") == [(71,)], "heal the attached rows")
    pair.assert_equal()


@pytest.mark.parametrize("way", ["extended", "sql"])
def test_prepared_statements_go_on(imaged_pair, way):
    """Images of a statement that was prepared before the table was altered."""
    pair = imaged_pair(SCHEMA)
    update = "UPDATE item SET price = price + 0.125 WHERE id = $1"
    with pair.raw() as client:
        if way == "sql":
            client.simple(f"PREPARE p(int) AS {update}")
        else:
            client.exchange(rawpg.parse(update, "p") + rawpg.sync())

        def run(key):
            if way == "sql":
                return client.simple(f"EXECUTE p({key})")
            return client.exchange(rawpg.bind(key, statement="p") + rawpg.execute() + rawpg.sync())

        assert rawpg.tags(run(1)) == ["UPDATE 1"]
        steps = ["ADD COLUMN f float8 DEFAULT 1e-300", "ALTER price TYPE numeric(12,4)", "ALTER price TYPE float8", "DROP COLUMN v"]
        for step in steps:
            alter_target(pair, f"ALTER TABLE item {step}")
            pair.sql(f"ALTER TABLE item {step}")
            for key in (1, 2, 3):
                assert rawpg.tags(run(key)) == ["UPDATE 1"]
    assert_equal_in_the_end(pair)


def test_a_column_added_past_pgtandem_fails_no_statement(make_pair):
    """Also before it is noticed, and where a failure would cost the transaction."""
    pair = make_pair(SCHEMA)
    pair.assert_equal()
    update = "UPDATE item SET v = v || 'x' WHERE id = 1"
    with pair.raw() as client:
        client.exchange(rawpg.parse(update, "p") + rawpg.sync())
        client.simple(f"PREPARE q AS {update}")
        alter_target(pair, "ALTER TABLE item ADD COLUMN f float8, ADD COLUMN j json")
        client.simple("BEGIN")
        client.simple("SELECT 1")
        alter(pair, "past", "ALTER TABLE item ADD COLUMN f float8 DEFAULT 0.1, ADD COLUMN j json DEFAULT 'null'")
        for _ in range(2):
            assert rawpg.tags(client.simple(update)) == ["UPDATE 1"]
            assert rawpg.tags(client.extended(update)) == ["UPDATE 1"]
            assert rawpg.tags(client.exchange(rawpg.bind(statement="p") + rawpg.execute() + rawpg.sync())) == ["UPDATE 1"]
            assert rawpg.tags(client.simple("EXECUTE q")) == ["UPDATE 1"]
        assert rawpg.tags(client.simple("COMMIT")) == ["COMMIT"]
    assert_equal_in_the_end(pair)


@ways
def test_prepared_statement_returns_rows_of_its_own(make_pair, way):
    """Without a column that an image had, and that it does not return."""
    pair = make_pair(SCHEMA)
    pair.assert_equal()
    update = "UPDATE item SET price = price + 1 WHERE id < 4 RETURNING id, price"
    with pair.raw() as client:
        client.exchange(rawpg.parse(update, "p") + rawpg.sync())
        client.simple(f"PREPARE q AS {update}")
        alter_target(pair, "ALTER TABLE item DROP COLUMN v")
        alter(pair, way, "ALTER TABLE item DROP COLUMN v")
        until_noticed(pair, "past")
        for _ in range(2):
            assert rawpg.tags(client.exchange(rawpg.bind(statement="p") + rawpg.execute() + rawpg.sync())) == ["UPDATE 3"]
            assert rawpg.tags(client.simple("EXECUTE q")) == ["UPDATE 3"]
    assert_equal_in_the_end(pair)


def test_altered_under_load(make_pair):
    pair = make_pair(ledger.SCHEMA)
    with ledger.Application(pair) as application:
        for n in range(3):
            application.wait_for_commits(200)
            for server in (pair.target, pair.legacy):
                server.sql(pair.database, f"SET ROLE app; ALTER TABLE entry ADD COLUMN extra{n} float8 DEFAULT {n}.1")
        application.wait_for_commits(200)
    assert application.losses == 0
    assert_equal_in_the_end(pair)
