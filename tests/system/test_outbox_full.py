"""The outbox cannot take a record: no acknowledged write is lost, whatever was configured for it."""

import json

import psycopg2
import pytest

SCHEMA = "CREATE TABLE item (id integer PRIMARY KEY, v text);"
FULL = {"min_free": "900TiB"}  # more than any disk here has


def restart_with(pair, policy, **outbox):
    pair.daemon.stop()
    pair.reconfigure({"on_outbox_failure": policy}, outbox=outbox)
    pair.daemon.start()


def test_reject_answers_writes_with_an_error(make_pair):
    pair = make_pair(SCHEMA, options={"on_outbox_failure": "reject"})
    pair.sql("INSERT INTO item VALUES (1, 'before')")
    pair.daemon.wait()
    restart_with(pair, "reject", **FULL)
    for sql in ("INSERT INTO item VALUES (2, 'refused')", "UPDATE item SET v = 'refused'", "TRUNCATE item"):
        with pytest.raises(psycopg2.Error) as raised:
            pair.sql(sql)
        assert raised.value.pgcode and raised.value.pgcode[:2] in ("53", "58"), raised.value
    connection = pair.connect(autocommit=False)
    cursor = connection.cursor()
    cursor.execute("UPDATE item SET v = 'refused too'")
    with pytest.raises(psycopg2.Error) as raised:
        connection.commit()
    assert raised.value.pgcode
    connection.close()
    assert pair.sql("SELECT * FROM item") == [(1, "before")]
    assert pair.on_legacy("SELECT * FROM item") == [(1, "before")]
    restart_with(pair, "reject")
    pair.sql("INSERT INTO item VALUES (2, 'after')")
    pair.assert_equal()


def test_degrade_lets_writes_through_and_owes_a_heal(make_pair):
    pair = make_pair(SCHEMA)
    pair.sql("INSERT INTO item VALUES (1, 'before')")
    pair.daemon.wait()
    restart_with(pair, "degrade", **FULL)
    pair.sql("INSERT INTO item VALUES (2, 'without a record')")
    pair.sql("UPDATE item SET v = 'without a record' WHERE id = 1")
    status = pair.status()
    assert status["degraded"] or status["marks"]
    assert pair.daemon.command("wait", "--timeout", "2s").returncode == 2
    code, report = pair.drift_report()
    assert code == 2, json.dumps(report)
    restart_with(pair, "degrade")
    pair.sql("INSERT INTO item VALUES (3, 'after')")
    pair.assert_equal()
    assert not pair.status()["degraded"]
    assert pair.drift_report()[0] == 0


def test_degraded_state_survives_kill(make_pair):
    pair = make_pair(SCHEMA)
    pair.daemon.wait()
    restart_with(pair, "degrade", **FULL)
    pair.sql("INSERT INTO item VALUES (1, 'without a record')")
    pair.daemon.kill()
    restart_with(pair, "degrade")
    pair.assert_equal()
