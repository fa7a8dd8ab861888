"""Thousands of tables: start, status, a mark on all of them, the report and `check`, without a stall.

PGTANDEM_TABLES sets how many."""

import os

TABLES = int(os.environ.get("PGTANDEM_TABLES", 1000))
SCHEMA = "CREATE TABLE t0 (id integer PRIMARY KEY, v text);"
MORE = f"""
DO $$ BEGIN
  FOR i IN 1..{TABLES - 1} LOOP
    EXECUTE format('CREATE TABLE t%s (id integer PRIMARY KEY, v text)', i);
    IF i % 500 = 0 THEN COMMIT; END IF;  -- a transaction has locks for so many
  END LOOP;
END $$
"""


def create_tables(pair):
    for server in (pair.legacy, pair.target):
        connection = server.connect(pair.database)
        with connection.cursor() as cursor:
            cursor.execute("SET ROLE app")
            cursor.execute(MORE)
        connection.close()


def test_thousands_of_tables(make_pair):
    pair = make_pair(SCHEMA, options={"initial_heal": "off"})
    pair.daemon.stop()
    create_tables(pair)
    pair.on_legacy("CREATE FUNCTION f() RETURNS void LANGUAGE sql AS 'INSERT INTO t2 VALUES (1)'")
    pair.on_legacy("CREATE PROCEDURE p() LANGUAGE plpgsql AS $$ BEGIN INSERT INTO t3 VALUES (1); COMMIT; END $$")
    pair.daemon.start()
    status = pair.status()
    assert len(status["mirrored"]) == TABLES and not status["marks"]

    # Captured as ever: no table is marked by what writes another.
    pair.sql("INSERT INTO t1 VALUES (1, 'imaged')")
    pair.sql("SELECT f()")
    pair.daemon.wait()
    assert pair.status()["marks_made"] == 1

    # A procedure may commit by itself, so that every table is marked ahead of it.
    pair.sql("CALL p()")
    pair.sql("INSERT INTO t4 VALUES (1, 'behind')")
    assert pair.status()["marks_made"] >= TABLES
    pair.assert_equal("600s")
    assert not pair.status()["marks"]

    code, report = pair.drift_report()
    assert code == 0, report
    assert pair.daemon.command("check").returncode == 0
