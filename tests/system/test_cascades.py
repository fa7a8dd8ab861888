"""What foreign keys carry to other tables: those alone are marked, and both servers are equal afterwards."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import rawpg

SCHEMA = """
CREATE TABLE parent (id integer PRIMARY KEY, code text UNIQUE, v text);
CREATE TABLE child (id integer PRIMARY KEY, parent integer REFERENCES parent ON DELETE CASCADE ON UPDATE CASCADE);
CREATE TABLE grandchild (id integer PRIMARY KEY, child integer REFERENCES child ON DELETE SET NULL);
CREATE TABLE coded (id integer PRIMARY KEY, code text DEFAULT 'c9' REFERENCES parent (code) ON DELETE SET DEFAULT ON UPDATE CASCADE);
CREATE TABLE tree (id integer PRIMARY KEY, above integer REFERENCES tree ON DELETE CASCADE);
CREATE TABLE pair (a integer, b text, PRIMARY KEY (a, b));
CREATE TABLE of_pair (a integer, b text, n integer, PRIMARY KEY (a, b, n), FOREIGN KEY (a, b) REFERENCES pair ON UPDATE CASCADE ON DELETE CASCADE);
CREATE TABLE part (id integer PRIMARY KEY) PARTITION BY RANGE (id);
CREATE TABLE part_1 PARTITION OF part FOR VALUES FROM (0) TO (5);
CREATE TABLE part_2 PARTITION OF part FOR VALUES FROM (5) TO (100);
CREATE TABLE of_part (id integer, part integer REFERENCES part ON DELETE CASCADE, PRIMARY KEY (id)) PARTITION BY RANGE (id);
CREATE TABLE of_part_1 PARTITION OF of_part FOR VALUES FROM (0) TO (100);
CREATE TABLE head (id integer PRIMARY KEY, v text);
CREATE TABLE stamped (id integer PRIMARY KEY, head integer REFERENCES head ON DELETE SET NULL, v text);
CREATE TABLE bare (id integer PRIMARY KEY, v text);
CREATE TABLE keyless (bare integer REFERENCES bare ON DELETE CASCADE);
INSERT INTO parent SELECT i, 'c' || i, 'v' FROM generate_series(1, 9) i;
INSERT INTO child SELECT i, 1 + i % 9 FROM generate_series(1, 18) i;
INSERT INTO grandchild SELECT i, 1 + i % 18 FROM generate_series(1, 36) i;
INSERT INTO coded SELECT i, 'c' || 1 + i % 9 FROM generate_series(1, 18) i;
INSERT INTO tree SELECT i, nullif(i / 2, 0) FROM generate_series(1, 15) i;
INSERT INTO pair SELECT i, 'b' || i FROM generate_series(1, 5) i;
INSERT INTO of_pair SELECT 1 + i % 5, 'b' || 1 + i % 5, i FROM generate_series(1, 10) i;
INSERT INTO part SELECT i FROM generate_series(1, 9) i;
INSERT INTO of_part SELECT i, 1 + i % 9 FROM generate_series(1, 18) i;
INSERT INTO head SELECT i, 'v' FROM generate_series(1, 5) i;
INSERT INTO stamped SELECT i, 1 + i % 5, 'v' FROM generate_series(1, 10) i;
INSERT INTO bare SELECT i, 'v' FROM generate_series(1, 5) i;
CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE head SET v = 'stamped'; RETURN NULL; END $$;
CREATE TRIGGER stamp AFTER UPDATE ON stamped FOR EACH ROW EXECUTE FUNCTION stamp();
"""

# Statements, how many tables they leave marked, and which of those as a whole: of the others only keys.
CASES = {
    "nothing_refers_to_the_column": (0, [], ["UPDATE parent SET v = 'new'"]),
    "insert": (0, [], ["INSERT INTO parent VALUES (100, 'c100', 'new') ON CONFLICT (id) DO UPDATE SET v = excluded.v"]),
    "delete_three_deep": (3, [], ["DELETE FROM parent WHERE id <= 3"]),
    "delete_nearly_everything": (3, [], ["DELETE FROM parent WHERE id <> 9"]),
    "delete_without_children": (0, [], ["INSERT INTO parent VALUES (50, 'c50', 'x')", "DELETE FROM parent WHERE id = 50"]),
    "delete_nothing": (0, [], ["DELETE FROM parent WHERE id = -1"]),
    "delete_by_function": (3, ["child", "coded", "grandchild"], ["DELETE FROM parent WHERE abs(id) = 1"]),
    "delete_under_a_snapshot": (3, ["child", "coded", "grandchild"], [
        "BEGIN ISOLATION LEVEL REPEATABLE READ", "DELETE FROM parent WHERE id = 1", "COMMIT"]),
    "key_change": (1, ["child"], ["UPDATE parent SET id = id + 100 WHERE id = 3"]),
    "upsert_changes_what_is_referred_to": (
        1, ["coded"], ["INSERT INTO parent VALUES (1, 'x', 'y') ON CONFLICT (id) DO UPDATE SET code = 'changed'"]),
    "child_is_imaged_too": (3, [], ["BEGIN", "UPDATE child SET parent = 1 WHERE id = 5", "DELETE FROM parent WHERE id = 1",
                                    "INSERT INTO child VALUES (5, 2)", "COMMIT"]),
    "other_tables_stay_imaged": (2, [], ["BEGIN", "UPDATE tree SET above = 1 WHERE id = 9", "UPDATE bare SET v = 'none' WHERE id = -1",
                                         "DELETE FROM child WHERE id = 1", "DELETE FROM pair WHERE a = 1", "COMMIT"]),
    "self_reference": (1, ["tree"], ["DELETE FROM tree WHERE id = 2"]),
    "composite_delete": (1, [], ["DELETE FROM pair p WHERE p.a = 2 OR p.b = 'b3'"]),
    "composite_key_change": (1, ["of_pair"], ["UPDATE pair SET b = b || 'x' WHERE a > 3"]),
    "partitioned": (1, [], ["DELETE FROM part WHERE id IN (4, 5)"]),
    "of_a_partition": (1, [], ["DELETE FROM part_2"]),
    "child_with_trigger": (2, ["head", "stamped"], ["DELETE FROM head WHERE id = 1"]),
    "child_not_mirrored": (1, ["bare"], ["DELETE FROM bare WHERE id = 1"]),
    "rolled_back": (0, [], ["BEGIN", "DELETE FROM parent WHERE id = 1", "ROLLBACK"]),
    "rolled_back_to_a_savepoint": (3, [], [
        "BEGIN", "SAVEPOINT s", "DELETE FROM parent WHERE id = 1", "ROLLBACK TO s", "DELETE FROM parent WHERE id = 2", "COMMIT"]),
    "prepared_in_sql": (3, ["child", "coded", "grandchild"], ["PREPARE p (int) AS DELETE FROM parent WHERE id = $1", "EXECUTE p (1)"]),
}


IN_BOTH_PROTOCOLS = ["delete_three_deep", "composite_delete", "key_change", "upsert_changes_what_is_referred_to"]


@pytest.mark.parametrize("name,protocol", [*((name, "simple") for name in CASES), *((name, "extended") for name in IN_BOTH_PROTOCOLS)])
def test_cascade(imaged_pair, name, protocol):
    pair = imaged_pair(SCHEMA)
    marks, whole, statements = CASES[name]
    with pair.raw() as client:
        for sql in statements:
            getattr(client, protocol)(sql)
    pair.assert_equal()
    status = pair.status()
    assert status["marks_made"] == marks
    assert sorted(heal["table"] for heal in status["heals"] if heal["pass_rows"] > 0) == [f"public.{table}" for table in whole]


# Of another session, which commits it while the DELETE waits for its locks.
MEANWHILE = {
    "a_new_child": "INSERT INTO child VALUES (100, 1)",
    "a_child_that_comes": "UPDATE child SET parent = 1 WHERE id = 1",
    "a_child_that_goes": "UPDATE child SET parent = 2 WHERE parent = 1",
    "a_child_with_another_key": "DELETE FROM grandchild; UPDATE child SET id = id + 100 WHERE parent = 1",
    "another_row_to_delete": "UPDATE parent SET v = 'gone' WHERE id = 3",
}


@pytest.mark.parametrize("name", MEANWHILE)
def test_what_others_commit_meanwhile_is_carried_too(imaged_pair, name):
    pair = imaged_pair(SCHEMA)
    with pair.raw() as other, pair.raw() as client, ThreadPoolExecutor() as pool:
        client.simple("UPDATE parent SET v = 'gone' WHERE id = 1")
        other.simple("BEGIN")
        other.simple(MEANWHILE[name])
        removal = pool.submit(client.simple, "DELETE FROM parent WHERE id = 1 OR v = 'gone'")
        if name == "another_row_to_delete":
            other.simple("UPDATE parent SET v = 'gone' WHERE id = 1")
        pair.daemon.until(lambda: removal.done() or pair.on_legacy("SELECT 1 FROM pg_locks WHERE NOT granted"), "a DELETE that waits")
        other.simple("COMMIT")
        removal.result()
    pair.assert_equal()


@pytest.mark.parametrize("rights", ["SELECT, DELETE ON parent", "SELECT, UPDATE, DELETE ON parent"])
def test_a_role_that_may_not_read_ahead_is_not_hindered(imaged_pair, rights):
    pair = imaged_pair(SCHEMA)
    pair.on_legacy("DO $$ BEGIN CREATE ROLE remover LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$")
    pair.on_legacy(f"GRANT USAGE ON SCHEMA public TO remover; GRANT {rights} TO remover")
    with pair.raw(user="remover") as client:
        assert rawpg.tags(client.simple("DELETE FROM parent WHERE id = 1")) == ["DELETE 1"]
    with pair.raw() as client:  # a role may change within a session
        client.extended("PREPARE x AS SELECT 1")
        assert rawpg.tags(client.simple("DELETE FROM parent WHERE id = 2")) == ["DELETE 1"]
    pair.assert_equal()


def test_a_foreign_key_made_later_counts_for_statements_prepared_before(imaged_pair):
    pair = imaged_pair("CREATE TABLE parent (id integer PRIMARY KEY); CREATE TABLE child (id integer PRIMARY KEY, p integer);"
                       "INSERT INTO parent VALUES (1), (2); INSERT INTO child VALUES (1, 1), (2, 2)")
    connection = pair.connect()
    cursor = connection.cursor()
    cursor.execute("PREPARE gone (int) AS DELETE FROM parent WHERE id = $1 RETURNING id")
    pair.sql("ALTER TABLE child ADD FOREIGN KEY (p) REFERENCES parent ON DELETE CASCADE")
    pair.daemon.wait()
    cursor.execute("EXECUTE gone (1)")
    connection.close()
    pair.assert_equal()
    assert pair.on_target("SELECT id FROM child") == [(2,)]
