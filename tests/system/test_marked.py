"""What is not imaged is marked and healed: afterwards both servers are equal all the same."""

import io

import pytest

import rawpg

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
CREATE FUNCTION write_item(k integer) RETURNS text LANGUAGE sql AS $$
  INSERT INTO item VALUES (k, 'by function') ON CONFLICT (id) DO UPDATE SET v = 'again' RETURNING v $$;
CREATE FUNCTION follow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  INSERT INTO follower VALUES (NEW.id, NEW.v) ON CONFLICT (id) DO UPDATE SET v = excluded.v;
  UPDATE watched SET v = upper(NEW.v) WHERE id = NEW.id AND v <> upper(NEW.v);
  RETURN NULL; END $$;
CREATE TRIGGER follow AFTER INSERT OR UPDATE ON watched FOR EACH ROW EXECUTE FUNCTION follow();
CREATE PROCEDURE commit_inside() LANGUAGE plpgsql AS $$ BEGIN
  UPDATE item SET v = 'first' WHERE id = 1; COMMIT; UPDATE item SET v = 'second' WHERE id = 2; END $$;
"""

STATEMENTS = {
    "truncate": ["TRUNCATE item"],
    "truncate_in_transaction": ["BEGIN", "INSERT INTO item VALUES (100, 'x')", "TRUNCATE item",
                                "INSERT INTO item VALUES (101, 'y')", "COMMIT"],
    "truncate_cascade": ["TRUNCATE parent CASCADE"],
    "do_block": ["DO $$ BEGIN UPDATE item SET v = 'by DO' WHERE id <= 3; DELETE FROM item WHERE id = 4; END $$"],
    "function": ["SELECT write_item(3), write_item(300)"],
    "function_in_transaction": ["BEGIN", "SELECT write_item(3)", "UPDATE item SET v = 'by hand' WHERE id = 5", "COMMIT"],
    "function_in_dml": ["UPDATE item SET v = write_item(300) WHERE id = 1"],
    "call_with_commit": ["CALL commit_inside()"],
    "trigger": ["INSERT INTO watched VALUES (100, 'new')", "UPDATE watched SET v = 'changed' WHERE id <= 2"],
    "key_change": ["UPDATE item SET id = id + 1000 WHERE id > 10"],
    "key_swap": ["BEGIN", "UPDATE item SET id = -1 WHERE id = 1", "UPDATE item SET id = 1 WHERE id = 2",
                 "UPDATE item SET id = 2 WHERE id = -1", "COMMIT"],
    "key_change_cascades": ["UPDATE parent SET id = id + 100 WHERE id < 3"],
    "delete_cascades": ["DELETE FROM parent WHERE id IN (1, 2)"],
    "data_modifying_cte": ["WITH gone AS (DELETE FROM item WHERE id <= 5 RETURNING *) "
                           "INSERT INTO follower SELECT * FROM gone"],
    "select_with_modifying_cte": ["WITH u AS (UPDATE item SET v = 'cte' WHERE id = 1 RETURNING id) SELECT * FROM u"],
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


@pytest.mark.parametrize("name", ["truncate", "do_block", "function", "trigger", "data_modifying_cte"])
def test_leaves_marks_that_heals_clear(imaged_pair, name):
    pair = imaged_pair(SCHEMA)
    for sql in STATEMENTS[name]:
        pair.sql(sql)
    pair.daemon.wait()
    status = pair.status()
    assert status["marks_made"] > 0
    assert status["marks"] == []


@pytest.mark.parametrize("protocol", ["simple", "extended"])
def test_copy(imaged_pair, protocol):
    pair = imaged_pair(SCHEMA)
    sql = "COPY item FROM STDIN"
    with pair.raw() as client:
        # Behind a copy a Sync is swallowed by the server, so it comes after CopyDone.
        begin = rawpg.query(sql) if protocol == "simple" else rawpg.run_extended(sql) + rawpg.flush()
        client.until(begin, "G")
        body = b"".join(rawpg.copy_data(part) for part in (b"100\tone\n10", b"1\ttwo\n", b"102\t\\N\n"))
        end = rawpg.copy_done() + (b"" if protocol == "simple" else rawpg.sync())
        messages = client.exchange(body + end)
        assert rawpg.tags(messages) == ["COPY 3"]
        client.until(begin, "G")
        end = rawpg.copy_fail("no more") + (b"" if protocol == "simple" else rawpg.sync())
        messages = client.exchange(rawpg.copy_data(b"200\tnever\n") + end)
        assert [e.sqlstate for e in rawpg.errors(messages)] == ["57014"]
        assert rawpg.tags(client.simple("SELECT 1")) == ["SELECT 1"]
    pair.assert_equal()
    assert pair.on_target("SELECT count(*) FROM item WHERE id >= 100") == [(3,)]


def test_copy_by_driver_in_transaction(imaged_pair):
    pair = imaged_pair(SCHEMA)
    connection = pair.connect(autocommit=False)
    cursor = connection.cursor()
    cursor.execute("UPDATE item SET v = 'before' WHERE id = 1")
    cursor.copy_expert("COPY item FROM STDIN", io.StringIO("".join(f"{i}\tc{i}\n" for i in range(1000, 6000))))
    cursor.execute("UPDATE item SET v = 'after' WHERE id = 2")
    connection.commit()
    connection.close()
    pair.assert_equal()


def test_table_without_usable_key_passes_unmirrored(imaged_pair):
    pair = imaged_pair(SCHEMA + "CREATE TABLE keyless (v text);")
    assert pair.sql("INSERT INTO keyless VALUES ('x') RETURNING v") == [("x",)]
    assert pair.daemon.command("drift-report").returncode == 2
    check = pair.daemon.command("check")
    assert "keyless" in check.stdout + check.stderr
