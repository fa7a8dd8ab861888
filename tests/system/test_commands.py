"""The command line: exit codes and what they promise; signals; one daemon for each outbox."""

import json
import signal

import psycopg2
import pytest

import rawpg
from crowd import Crowd
from daemon import Daemon

SCHEMA = """
CREATE TABLE item (id integer PRIMARY KEY, v text);
CREATE TABLE "Two Keys" (a text, b integer, v numeric, PRIMARY KEY (a, b));
INSERT INTO item SELECT i, 'v' || i FROM generate_series(1, 300) i;
INSERT INTO "Two Keys" SELECT 'k' || i, i, i FROM generate_series(1, 10) i;
"""


def test_a_second_daemon_is_refused(make_pair, directory):
    pair = make_pair(SCHEMA)
    entry = pair.servers.entry(pair.database)
    second = Daemon(directory / f"second_{pair.database}", {pair.database: entry},
                    outbox={"path": str(pair.daemon.directory / "outbox")})
    with pytest.raises(AssertionError, match="pgtandem ended with"):
        second.start()
    assert second.process.returncode != 0
    assert "outbox" in second.log_tail()
    assert pair.sql("SELECT 1") == [(1,)]


def test_terminate_ends_idle_sessions(make_pair):
    pair = make_pair(SCHEMA)
    client = pair.raw()
    assert pair.daemon.terminate() == 0
    (error,) = rawpg.errors(client.read_until_closed())
    assert (error.fields["S"], error.sqlstate) == ("FATAL", "57P01")


def test_terminate_lets_transactions_finish(make_pair):
    pair = make_pair(SCHEMA)
    client = pair.raw()
    client.simple("BEGIN")
    client.simple("INSERT INTO item VALUES (1000, 'finished')")
    pair.daemon.process.send_signal(signal.SIGTERM)
    pair.daemon.until(lambda: not accepts(pair), "stop listening")
    client.simple("UPDATE item SET v = 'finished too' WHERE id = 1")
    client.simple("COMMIT")
    assert pair.daemon.process.wait(30) == 0
    pair.daemon.start()
    pair.assert_equal()
    assert pair.on_target("SELECT v FROM item WHERE id IN (1, 1000) ORDER BY 1") == [("finished",), ("finished too",)]


def accepts(pair):
    try:
        pair.raw().close()
        return True
    except (OSError, rawpg.Closed):
        return False


def test_second_signal_ends_at_once(make_pair):
    pair = make_pair(SCHEMA)
    client = pair.raw()
    client.simple("BEGIN")
    client.simple("INSERT INTO item VALUES (1000, 'never')")
    pair.daemon.process.send_signal(signal.SIGTERM)
    pair.daemon.until(lambda: not accepts(pair), "stop listening")
    pair.daemon.process.send_signal(signal.SIGTERM)
    pair.daemon.process.wait(10)
    pair.daemon.start()
    pair.assert_equal()
    assert pair.on_legacy("SELECT count(*) FROM item WHERE id = 1000") == [(0,)]


def test_ends_in_order_while_the_outbox_is_at_work(make_pair):
    """Sessions are cut in the middle of transactions whose rows are on their way to the outbox."""
    pair = make_pair(SCHEMA, options={"initial_heal": "off"}, outbox={"chunk": 200}, shutdown_timeout="0s")

    def writer(number):
        def write(cursor):
            cursor.execute("BEGIN")
            for _ in range(4):
                cursor.execute(f"INSERT INTO item SELECT {number} * 1000 + i, 'v' FROM generate_series(1, 40) i "
                               "ON CONFLICT (id) DO UPDATE SET v = item.v")
            cursor.execute("COMMIT")  # its flush holds up the chunks of the others
        return write

    crowd = Crowd(survived=(psycopg2.OperationalError, psycopg2.InterfaceError))
    for number in range(6):
        crowd.add(pair.connect, writer(number))
    with crowd:
        for _ in range(12):
            pair.daemon.until(lambda: pair.status()["sessions"] > 3, "take sessions")
            code = pair.daemon.terminate()
            assert code == 0, pair.daemon.log_tail()
            pair.daemon.start()
    pair.assert_equal()


def test_shutdown_timeout_ends_open_transactions(make_pair):
    pair = make_pair(SCHEMA, shutdown_timeout="1s")
    client = pair.raw()
    client.simple("BEGIN")
    client.simple("INSERT INTO item VALUES (1000, 'never')")
    pair.daemon.terminate(timeout=20)
    pair.daemon.start()
    pair.assert_equal()
    assert pair.on_legacy("SELECT count(*) FROM item WHERE id = 1000") == [(0,)]


def test_wait(make_pair):
    pair = make_pair(SCHEMA)
    pair.sql("UPDATE item SET v = 'x'")
    assert pair.daemon.command("wait", "--timeout", "60s").returncode == 0
    pair.target.stop("fast")
    try:
        pair.sql("UPDATE item SET v = 'y'")
        assert pair.daemon.command("wait", "--timeout", "1s").returncode == 2
    finally:
        pair.target.start()
    assert pair.daemon.command("wait", "--timeout", "60s").returncode == 0
    assert pair.on_target("SELECT count(*) FROM item WHERE v = 'y'") == [(300,)]
    pair.daemon.terminate()
    assert pair.daemon.command("wait", "--timeout", "1s").returncode == 2


def test_status(make_pair):
    pair = make_pair(SCHEMA)
    pair.daemon.wait()
    text = pair.daemon.command("status")
    assert text.returncode == 0
    assert pair.database in text.stdout
    status = json.loads(pair.daemon.command("status", "--json").stdout)
    assert [d["name"] for d in status["databases"]] == [pair.database]
    assert sorted(status["databases"][0]["mirrored"]) == ["public.Two Keys", "public.item"]
    pair.daemon.terminate()
    assert pair.daemon.command("status").returncode != 0


def test_drift_report_in_sync(make_pair):
    pair = make_pair(SCHEMA)
    pair.daemon.wait()
    pair.sql("UPDATE item SET v = 'x'")
    assert pair.drift_report()[0] == 0
    assert pair.drift_report("--table", "item")[0] == 0
    assert pair.drift_report("--table", "no_such_table")[0] == 2
    assert pair.daemon.command("drift-report").returncode == 0


def test_drift_report_without_daemon_cannot_tell(make_pair):
    pair = make_pair(SCHEMA)
    pair.daemon.wait()
    pair.daemon.terminate()
    assert pair.drift_report()[0] == 2


@pytest.mark.parametrize("planted", [
    "UPDATE item SET v = 'wrong' WHERE id = 77",
    "UPDATE item SET v = NULL WHERE id = 77",
    "UPDATE item SET v = '' WHERE id = 77",
    "DELETE FROM item WHERE id = 77",
    "INSERT INTO item VALUES (7777, 'surplus')",
])
def test_drift_report_names_a_planted_row_and_heal_repairs_it(make_pair, planted):
    pair = make_pair(SCHEMA)
    pair.daemon.wait()
    pair.on_target(planted)
    code, report = pair.drift_report()
    assert code == 1
    (table,) = [t for t in report["tables"] if t["differing"]]
    assert table["differing"] == 1
    assert "77" in json.dumps(table["rows"])
    text = pair.daemon.command("drift-report")
    assert text.returncode == 1
    assert "77" in text.stdout
    key = "7777" if "7777" in planted else "77"
    assert pair.daemon.command("heal", "--table", "item", "--key", key).returncode == 0
    pair.assert_equal()
    assert pair.drift_report()[0] == 0


def test_swapped_values_are_found(make_pair):
    """Two rows that exchanged a value: a sum of row hashes without the key would miss them."""
    pair = make_pair(SCHEMA)
    pair.daemon.wait()
    pair.on_target("UPDATE item SET v = CASE id WHEN 5 THEN 'v6' ELSE 'v5' END WHERE id IN (5, 6)")
    code, report = pair.drift_report("--table", "public.item")
    assert (code, report["tables"][0]["differing"]) == (1, 2)


def test_heal_by_composite_key_and_whole_table(make_pair):
    pair = make_pair(SCHEMA)
    pair.daemon.wait()
    pair.on_target("UPDATE \"Two Keys\" SET v = 0 WHERE a IN ('k3', 'k4')")
    assert pair.drift_report()[0] == 1
    heal = pair.daemon.command("heal", "--table", "public.Two Keys", "--key", '{"a": "k3", "b": 3}',
                               "--key", '{"a": "k4", "b": 4}')
    assert heal.returncode == 0, heal.stderr
    pair.assert_equal()
    pair.on_target("DELETE FROM item WHERE id > 100; INSERT INTO item SELECT i, 'x' FROM generate_series(1000, 1010) i")
    assert pair.daemon.command("heal", "--table", "item", "--all").returncode == 0
    pair.assert_equal()


def test_heal_refuses_what_it_cannot_do(make_pair):
    pair = make_pair(SCHEMA)
    assert pair.daemon.command("heal", "--table", "no_such_table", "--all").returncode != 0
    assert pair.daemon.command("heal", "--table", "item").returncode == 64
    assert pair.daemon.command("heal", "--all").returncode == 64


def test_check(make_pair):
    pair = make_pair(SCHEMA)
    check = pair.daemon.command("check")
    assert check.returncode == 0, check.stdout + check.stderr
    pair.on_target("DROP TABLE item")
    check = pair.daemon.command("check")
    assert check.returncode != 0
    assert "item" in check.stdout + check.stderr


def test_check_names_missing_grants(make_pair):
    pair = make_pair(SCHEMA)
    pair.on_legacy("REVOKE SELECT ON item FROM pgtandem")
    pair.on_target("REVOKE UPDATE ON item FROM pgtandem")
    check = pair.daemon.command("check")
    assert check.returncode != 0
    output = check.stdout + check.stderr
    assert "GRANT" in output
    assert "SELECT" in output
    assert "UPDATE" in output


def test_row_security_that_hides_rows_is_named_with_its_remedy(servers, make_pair):
    pair = make_pair(SCHEMA)
    pair.assert_equal()
    pair.on_legacy("SET ROLE app; ALTER TABLE item ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY; "
                   "CREATE POLICY p ON item USING (true)")
    pair.sql("UPDATE item SET v = 'x' WHERE id = 1")
    status = pair.daemon.until(lambda: (s := pair.daemon.command("status")) and "row-level security" in s.stdout and s, "say why")
    assert "public.item" in status.stdout and "pgtandem check" in status.stdout
    check = pair.daemon.command("check")
    assert check.returncode == 1
    assert "BYPASSRLS" in check.stdout
    servers.legacy.sql("postgres", "ALTER ROLE pgtandem BYPASSRLS")
    try:
        pair.assert_equal()
        assert "row security hides" not in pair.daemon.command("check").stdout
    finally:
        servers.legacy.sql("postgres", "ALTER ROLE pgtandem NOBYPASSRLS")


def test_wrong_use_is_64(make_pair):
    pair = make_pair(SCHEMA)
    assert pair.daemon.command("no-such-command").returncode == 64
    assert pair.daemon.command("wait", "--no-such-option").returncode == 64
    assert pair.daemon.command("status", "--help").returncode == 0


def test_initial_heal_brings_over_what_is_there(servers, make_pair):
    pair = make_pair(SCHEMA)
    pair.daemon.wait()
    pair.daemon.terminate()
    pair.on_target('DELETE FROM item; UPDATE "Two Keys" SET v = 0')
    (pair.daemon.directory / "outbox").rename(pair.daemon.directory / "lost outbox")
    pair.daemon.start()
    pair.assert_equal()


def test_outbox_survives_a_restart(imaged_pair):
    pair = imaged_pair(SCHEMA)
    pair.target.stop("fast")
    try:
        pair.sql("UPDATE item SET v = 'kept in the outbox'")
        assert pair.daemon.terminate() == 0
        pair.daemon.start()
        pair.sql("DELETE FROM item WHERE id = 1")
    finally:
        pair.target.start()
    pair.assert_equal()
    assert pair.status()["marks_made"] == 0


def test_legacy_down_at_start_is_waited_for(servers, make_pair):
    pair = make_pair(SCHEMA)
    pair.daemon.wait()
    pair.daemon.terminate()
    pair.legacy.stop("fast")
    try:
        pair.daemon.launch()
        pair.daemon.until(lambda: "waiting for it" in pair.daemon.log_tail(), "say that it waits")
    finally:
        pair.legacy.start()
    pair.daemon.until(pair.daemon.accepts, "reach legacy")
    pair.sql("UPDATE item SET v = 'after' WHERE id = 1")
    pair.assert_equal()
