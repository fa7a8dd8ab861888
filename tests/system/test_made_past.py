"""Triggers, rules, foreign keys, children, policies and users' code made past pgtandem carry writes to rows that no image
shows. What ran before they were noticed is healed, also where pgtandem was killed meanwhile, and once only."""

import pytest

import rawpg

SCHEMA = """
CREATE TABLE item (id integer PRIMARY KEY, v text);
CREATE TABLE other (id integer PRIMARY KEY, v text);
CREATE TABLE log (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, v text);
CREATE TABLE keyless (v text);
CREATE TABLE parent (id integer PRIMARY KEY);
CREATE TABLE child (id integer PRIMARY KEY, parent integer);
CREATE TABLE elder (id integer PRIMARY KEY, v text);
CREATE TABLE heir (id integer PRIMARY KEY, v text);
CREATE TABLE ancestor (id integer, v text);
CREATE TABLE part (id integer PRIMARY KEY, v text) PARTITION BY RANGE (id);
CREATE TABLE part_1 PARTITION OF part FOR VALUES FROM (0) TO (1000);
INSERT INTO item SELECT i, 'v' FROM generate_series(1, 9) i;
INSERT INTO other SELECT i, 'v' FROM generate_series(1, 9) i;
INSERT INTO parent SELECT i FROM generate_series(1, 9) i;
INSERT INTO child SELECT i, i FROM generate_series(1, 9) i;
INSERT INTO elder SELECT i, 'v' FROM generate_series(1, 3) i;
INSERT INTO heir SELECT i, 'v' FROM generate_series(4, 6) i;
INSERT INTO part SELECT i, 'v' FROM generate_series(1, 9) i;
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO log (v) VALUES (TG_TABLE_NAME); RETURN NULL; END $$;
CREATE FUNCTION change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF pg_trigger_depth() < 2 THEN UPDATE item SET v = v || '!' WHERE id = NEW.id; END IF; RETURN NULL; END $$;
CREATE FUNCTION count_it(integer) RETURNS integer LANGUAGE plpgsql AS $$ BEGIN
  INSERT INTO log (v) VALUES ('counted'); RETURN $1; END $$;
CREATE TRIGGER disabled AFTER UPDATE ON other FOR EACH ROW EXECUTE FUNCTION note();
ALTER TABLE other DISABLE TRIGGER disabled;
"""

TRIGGER = "CREATE TRIGGER made AFTER {} ON {} FOR EACH ROW EXECUTE FUNCTION {}()"
CASCADE = "ALTER TABLE child ADD CONSTRAINT made FOREIGN KEY (parent) REFERENCES parent ON {}"

# What is made past pgtandem, what a session that knew the tables before writes then, and what the mark names.
MADE = {
    "trigger_that_writes_another_table": (TRIGGER.format("UPDATE", "item", "note"), "UPDATE item SET v = 'x'",
                                          "trigger made on public.item"),
    "trigger_that_changes_its_row": (TRIGGER.format("UPDATE", "item", "change"), "UPDATE item SET v = 'x'",
                                     "trigger made on public.item"),
    "trigger_of_a_statement": ("CREATE TRIGGER made AFTER UPDATE ON item EXECUTE FUNCTION note()", "UPDATE item SET v = 'x'",
                               "trigger made on public.item"),
    "deferred_trigger": ("CREATE CONSTRAINT TRIGGER made AFTER UPDATE ON item DEFERRABLE INITIALLY DEFERRED FOR EACH ROW "
                         "EXECUTE FUNCTION note()", "UPDATE item SET v = 'x'", "trigger made on public.item"),
    "trigger_of_replicas": (TRIGGER.format("UPDATE", "item", "note") + "; ALTER TABLE item ENABLE ALWAYS TRIGGER made",
                            "UPDATE item SET v = 'x'", "trigger made on public.item"),
    "trigger_that_is_enabled": ("ALTER TABLE other ENABLE TRIGGER disabled", "UPDATE other SET v = 'x'",
                                "trigger disabled on public.other"),
    "trigger_of_a_partition": (TRIGGER.format("UPDATE", "part_1", "note"), "UPDATE part SET v = 'x'", "trigger made on public.part"),
    "trigger_of_a_table_that_is_not_mirrored": (TRIGGER.format("INSERT", "keyless", "note"), "INSERT INTO keyless VALUES ('x')",
                                                "trigger made on public.keyless"),
    "rule": ("CREATE RULE made AS ON UPDATE TO item DO ALSO INSERT INTO log (v) VALUES ('by rule')", "UPDATE item SET v = 'x'",
             "rule made on public.item"),
    "rule_of_a_table_that_is_not_mirrored": (
        "CREATE RULE made AS ON INSERT TO keyless DO ALSO INSERT INTO log (v) VALUES (NEW.v)", "INSERT INTO keyless VALUES ('x')",
        "rule made on public.keyless"),
    "delete_cascades": (CASCADE.format("DELETE CASCADE"), "DELETE FROM parent WHERE id < 4", "foreign key made of public.child"),
    "delete_sets_null": (CASCADE.format("DELETE SET NULL"), "DELETE FROM parent WHERE id < 4", "foreign key made of public.child"),
    "update_cascades": (CASCADE.format("UPDATE CASCADE"), "UPDATE parent SET id = id + 100 WHERE id < 4",
                        "foreign key made of public.child"),
    "inheritance": ("ALTER TABLE heir INHERIT elder", "UPDATE elder SET v = 'x'", "inheritance of public.heir from public.elder"),
    "parent_that_is_not_mirrored": (
        "ALTER TABLE heir INHERIT ancestor", "UPDATE ancestor SET v = 'x'", "inheritance of public.heir from public.ancestor"),
}


# The target has no such parents: what they show of their children is taken away before both are compared.
UNDO = {
    "inheritance": "ALTER TABLE heir NO INHERIT elder",
    "parent_that_is_not_mirrored": "ALTER TABLE heir NO INHERIT ancestor",
}


def noticed(pair, reason):
    return any(reason in line and "made past pgtandem" in line for line in pair.daemon.log_file.read_text().splitlines())


def until_noticed(pair, reason):
    pair.daemon.until(lambda: noticed(pair, reason), f"notice {reason}")


def assert_equal(pair, name):
    pair.daemon.wait()
    pair.on_legacy(f"SET ROLE app; TRUNCATE ONLY keyless; {UNDO.get(name, '')}")
    pair.assert_equal()
    assert pair.status()["marks"] == []


@pytest.mark.parametrize("name", MADE)
def test_while_it_runs(imaged_pair, name):
    made, write, reason = MADE[name]
    pair = imaged_pair(SCHEMA)
    with pair.raw() as client:
        client.simple(f"BEGIN; {write}; ROLLBACK")
        client.exchange(rawpg.parse(write, "p") + rawpg.parse(write) + rawpg.sync())
        pair.on_legacy(f"SET ROLE app; {made}")
        assert not rawpg.errors(client.exchange(rawpg.bind() + rawpg.execute() + rawpg.sync()))
        assert not rawpg.errors(client.exchange(rawpg.bind(statement="p") + rawpg.execute() + rawpg.sync()))
        assert not rawpg.errors(client.simple(write))
        until_noticed(pair, reason)
    assert_equal(pair, name)


@pytest.mark.parametrize("name", ["trigger_that_writes_another_table", "rule", "delete_cascades", "parent_that_is_not_mirrored"])
@pytest.mark.parametrize("way", ["named", "unnamed", "simple"])
def test_known_from_then_on(imaged_pair, name, way):
    """Also to a statement that was prepared before."""
    made, write, reason = MADE[name]
    pair = imaged_pair(SCHEMA)
    with pair.raw() as client:
        client.simple(f"BEGIN; {write}; ROLLBACK")
        statement = {"named": "p", "unnamed": ""}.get(way)
        if statement is not None:
            client.exchange(rawpg.parse(write, statement) + rawpg.sync())
        pair.on_legacy(f"SET ROLE app; {made}")
        until_noticed(pair, reason)
        pair.daemon.wait()
        if statement is None:
            assert not rawpg.errors(client.simple(write))
        else:
            assert not rawpg.errors(client.exchange(rawpg.bind(statement=statement) + rawpg.execute() + rawpg.sync()))
    assert_equal(pair, name)


@pytest.mark.parametrize("name", ["trigger_that_writes_another_table", "rule", "delete_cascades"])
def test_killed_before_it_is_noticed(imaged_pair, name):
    made, write, reason = MADE[name]
    pair = imaged_pair(SCHEMA)
    with pair.raw() as client:
        client.simple(f"BEGIN; {write}; ROLLBACK")
        pair.on_legacy(f"SET ROLE app; {made}")
        assert not rawpg.errors(client.simple(write))
        pair.daemon.kill()
    pair.daemon.start()
    until_noticed(pair, reason)
    assert_equal(pair, name)
    pair.daemon.stop()
    pair.daemon.start()
    pair.assert_equal()
    assert pair.status()["marks_made"] == 0


SEEN = "CREATE VIEW seen AS SELECT count_it(1) AS n"


@pytest.mark.parametrize("way", ["looked_at_after_a_definition", "killed"])
def test_users_code(imaged_pair, way):
    """A statement that counted as a read has run it."""
    pair = imaged_pair(SCHEMA)
    pair.on_legacy(f"SET ROLE app; {SEEN}")
    with pair.raw() as client:
        assert not rawpg.errors(client.simple("SELECT * FROM seen"))
        if way == "killed":
            pair.daemon.kill()
            pair.daemon.start()
        else:
            assert not rawpg.errors(client.simple("CREATE VIEW mine AS SELECT count_it(2) AS n"))
    until_noticed(pair, "view or policy seen")
    assert_equal(pair, "")


def test_what_is_made_through_pgtandem_is_announced(imaged_pair):
    pair = imaged_pair(SCHEMA)
    pair.sql(TRIGGER.format("UPDATE", "item", "note"))
    pair.sql(f"BEGIN; {SEEN}; CREATE RULE made AS ON UPDATE TO other DO ALSO INSERT INTO log (v) VALUES ('by rule'); COMMIT")
    pair.sql("UPDATE item SET v = 'x'; SELECT * FROM seen; UPDATE other SET v = 'x'")
    pair.on_legacy("SET ROLE app; " + CASCADE.format("DELETE CASCADE"))
    until_noticed(pair, "foreign key made of public.child")
    assert_equal(pair, "")
    assert not any(noticed(pair, name) for name in ("trigger made", "rule made", "view or policy seen"))
