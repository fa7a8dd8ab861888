"""What is not imaged is marked and healed: afterwards both servers are equal all the same."""

import pytest

import rawpg
from statements import BOTH, IMAGED, MADE, MARKED, NOTHING, made

SCHEMA = """
CREATE TABLE item (id integer PRIMARY KEY, v text);
CREATE TABLE watched (id integer PRIMARY KEY, v text);
CREATE TABLE follower (id integer PRIMARY KEY, v text);
CREATE TABLE parent (id integer PRIMARY KEY, v text);
CREATE TABLE child (id integer PRIMARY KEY, parent integer REFERENCES parent ON DELETE CASCADE ON UPDATE CASCADE);
INSERT INTO item SELECT i, 'v' || i FROM generate_series(1, 20) i;
INSERT INTO watched SELECT i, 'v' || i FROM generate_series(1, 5) i;
INSERT INTO parent SELECT i, 'v' || i FROM generate_series(1, 5) i;
INSERT INTO child SELECT i, 1 + i % 5 FROM generate_series(1, 20) i;
CREATE TABLE part (id integer PRIMARY KEY, v text) PARTITION BY RANGE (id);
CREATE TABLE part_1 PARTITION OF part FOR VALUES FROM (0) TO (10);
CREATE TABLE part_2 PARTITION OF part FOR VALUES FROM (10) TO (20);
INSERT INTO part SELECT i, 'v' FROM generate_series(1, 19) i;
CREATE TABLE elder (id integer PRIMARY KEY);
CREATE TABLE younger (PRIMARY KEY (id)) INHERITS (elder);
INSERT INTO elder VALUES (1);
INSERT INTO younger VALUES (2);
CREATE FUNCTION write_item(k integer) RETURNS text LANGUAGE sql AS $$
  INSERT INTO item VALUES (k, 'by function') ON CONFLICT (id) DO UPDATE SET v = 'again' RETURNING v $$;
CREATE FUNCTION follow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  INSERT INTO follower VALUES (NEW.id, NEW.v) ON CONFLICT (id) DO UPDATE SET v = excluded.v;
  UPDATE watched SET v = upper(NEW.v) WHERE id = NEW.id AND v <> upper(NEW.v);
  RETURN NULL; END $$;
CREATE TRIGGER follow AFTER INSERT OR UPDATE ON watched FOR EACH ROW EXECUTE FUNCTION follow();
CREATE FUNCTION empty_item() RETURNS void LANGUAGE sql AS 'TRUNCATE item';
CREATE PROCEDURE commit_inside() LANGUAGE plpgsql AS $$ BEGIN
  UPDATE item SET v = 'first' WHERE id = 1; COMMIT; UPDATE item SET v = 'second' WHERE id = 2; END $$;
"""

STATEMENTS = {
    "truncate_with_trigger": ["TRUNCATE watched"],
    "truncate_partition": ["TRUNCATE part_1", "INSERT INTO part VALUES (1, 'x')"],
    "truncate_parent": ["TRUNCATE elder", "INSERT INTO elder VALUES (3)"],
    "truncate_in_function": ["SELECT empty_item()", "INSERT INTO item VALUES (1, 'x')"],
    "truncate_in_transaction_with_ddl": ["BEGIN", "CREATE INDEX ON item (v)", "TRUNCATE item", "COMMIT"],
    "truncate_cascade": ["TRUNCATE parent CASCADE"],
    "do_block": ["DO $$ BEGIN UPDATE item SET v = 'by DO' WHERE id <= 3; DELETE FROM item WHERE id = 4; END $$"],
    "function": ["SELECT write_item(3), write_item(300)"],
    "function_in_transaction": ["BEGIN", "SELECT write_item(3)", "UPDATE item SET v = 'by hand' WHERE id = 5", "COMMIT"],
    "function_in_dml": ["UPDATE item SET v = write_item(300) WHERE id = 1"],
    "call_with_commit": ["CALL commit_inside()"],
    "trigger": ["INSERT INTO watched VALUES (100, 'new')", "UPDATE watched SET v = 'changed' WHERE id <= 2"],
    "key_change_by_function": ["UPDATE item SET id = id + 1000 WHERE abs(id) > 10"],
    "key_change_from_other_table": ["UPDATE item SET id = item.id + 1000 FROM parent p WHERE p.id = item.id"],
    "key_change_cascades": ["UPDATE parent SET id = id + 100 WHERE id < 3"],
    "delete_cascades": ["DELETE FROM parent WHERE id IN (1, 2)"],
    "modifying_cte_of_all_columns": ["WITH u AS (UPDATE item SET v = 'cte' WHERE id = 1 RETURNING *) SELECT * FROM u"],
    "modifying_cte_of_same_table": ["WITH gone AS (DELETE FROM item WHERE id <= 5 RETURNING *) INSERT INTO item SELECT * FROM gone"],
    "modifying_cte_of_key": ["WITH u AS (UPDATE item SET id = id + 100 WHERE id < 3 RETURNING id) SELECT id FROM u"],
    "modifying_cte_of_many_rows": ["WITH i AS (INSERT INTO item SELECT g, 'many' FROM generate_series(1000, 9000) g) SELECT 1"],
    "modifying_cte_with_function": ["WITH gone AS (DELETE FROM item WHERE id = 1 RETURNING write_item(2) AS v) SELECT v FROM gone"],
    "modifying_cte_cascades": ["WITH gone AS (DELETE FROM parent WHERE id = 1 RETURNING *) INSERT INTO follower SELECT * FROM gone"],
    "modifying_cte_of_table_with_trigger": ["WITH i AS (INSERT INTO watched VALUES (100, 'new') RETURNING id) SELECT id FROM i"],
    "merge": ["MERGE INTO item USING parent p ON p.id = item.id WHEN MATCHED AND p.id < 3 THEN DELETE "
              "WHEN MATCHED THEN UPDATE SET v = 'merged'"],
    "explain_analyze": ["EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) DELETE FROM item WHERE id = 7"],
    "sql_prepare": ["PREPARE p (int) AS UPDATE item SET v = 'prepared' WHERE id = $1", "EXECUTE p(1)", "EXECUTE p(2)",
                    "DEALLOCATE p", "UPDATE item SET v = 'after' WHERE id = 3"],
    "create_table_as": ["CREATE TEMP TABLE t AS SELECT write_item(9)", "INSERT INTO t VALUES ('x')", "DROP TABLE t"],
    "temporary_table_of_same_name": ["CREATE TEMP TABLE item (id integer PRIMARY KEY, v text)",
                                     "INSERT INTO item VALUES (1, 'temporary')", "UPDATE item SET v = 't'",
                                     "DROP TABLE item", "UPDATE item SET v = 'real' WHERE id = 1"],
    "cursor_position": ["BEGIN", "DECLARE c CURSOR FOR SELECT * FROM item WHERE id = 8 FOR UPDATE", "FETCH c",
                        "UPDATE item SET v = 'by cursor' WHERE CURRENT OF c", "COMMIT"],
    "copy_to_with_insert": ["COPY (INSERT INTO item VALUES (500, 'x') RETURNING *) TO '/dev/null'"],
    "set_config": ["SELECT set_config('search_path', 'pg_temp, public', false)", "UPDATE item SET v = 'x' WHERE id = 1"],
    "two_phase": ["BEGIN", "UPDATE item SET v = 'two phases' WHERE id = 1", "PREPARE TRANSACTION 'gid'",
                  "UPDATE item SET v = 'other' WHERE id = 2", "COMMIT PREPARED 'gid'"],
    "two_phase_rolled_back": ["BEGIN", "UPDATE item SET v = 'never' WHERE id = 1", "PREPARE TRANSACTION 'gid'",
                              "ROLLBACK PREPARED 'gid'"],
}

# What is not marked alone: shown in docs/coverage.md.
OUTCOMES = {
    **dict.fromkeys(STATEMENTS, MARKED),
    "truncate_partition": BOTH,
    "truncate_parent": BOTH,
    "truncate_in_function": BOTH,
    "function_in_transaction": BOTH,
    "delete_cascades": BOTH,
    "key_change_cascades": BOTH,
    "sql_prepare": IMAGED,
    "temporary_table_of_same_name": IMAGED,
    "cursor_position": IMAGED,
    "set_config": IMAGED,
    "two_phase": BOTH,
}

# Writing a server's file takes one.
SUPERUSER = {"copy_to_with_insert"}


@pytest.fixture(scope="module", autouse=True)
def two_phase(servers):
    servers.legacy.sql("postgres", "ALTER SYSTEM SET max_prepared_transactions = 10")
    servers.legacy.restart("fast")


@pytest.mark.parametrize("protocol", ["simple", "extended"])
@pytest.mark.parametrize("name", STATEMENTS)
def test_equal_after_heal(imaged_pair, name, protocol):
    pair = imaged_pair(SCHEMA)
    user = "postgres" if name in SUPERUSER else "app"
    with pair.raw_direct(user=user) as direct, pair.raw(user=user) as proxied:
        expected = [rawpg.tags(getattr(direct, protocol)(sql)) for sql in STATEMENTS[name]]
        seen = [rawpg.tags(getattr(proxied, protocol)(sql)) for sql in STATEMENTS[name]]
    assert seen == expected
    pair.assert_equal()
    assert made(pair.status()) == MADE[OUTCOMES[name]]


@pytest.mark.parametrize("protocol", ["simple", "extended"])
def test_behind_a_text_that_nobody_understands(imaged_pair, protocol):
    """It might have defined anything: what is written before the catalogs are read again may be marked as well."""
    pair = imaged_pair(SCHEMA)
    with pair.raw() as client:
        with pytest.raises(rawpg.ServerError):
            getattr(client, protocol)("UPDATE item SET v == 'a'")
        getattr(client, protocol)("UPDATE item SET v = 'a' WHERE id = 1")
    pair.assert_equal()
    assert pair.status()["images"] == 1


@pytest.mark.parametrize("name", ["truncate_cascade", "do_block", "function", "trigger", "modifying_cte_of_key"])
def test_leaves_marks_that_heals_clear(imaged_pair, name):
    pair = imaged_pair(SCHEMA)
    for sql in STATEMENTS[name]:
        pair.sql(sql)
    pair.daemon.wait()
    status = pair.status()
    assert status["marks_made"] > 0
    assert status["marks"] == []


def test_table_without_usable_key_passes_unmirrored(imaged_pair):
    pair = imaged_pair(SCHEMA + "CREATE TABLE keyless (v text);")
    assert pair.sql("INSERT INTO keyless VALUES ('x') RETURNING v") == [("x",)]
    assert pair.daemon.command("drift-report").returncode == 2
    check = pair.daemon.command("check")
    assert "keyless" in check.stdout + check.stderr
