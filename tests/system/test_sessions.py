"""What a session sees through pgtandem: log-in, cancel, notices, large and many messages."""

import threading
import time

import psycopg2
import psycopg2.errors
import psycopg2.extensions
import pytest

import rawpg
from cancel_gate import CancelGate

SCHEMA = "CREATE TABLE item (id integer PRIMARY KEY, v text); CREATE TABLE event (id integer PRIMARY KEY, v text);"


@pytest.fixture(scope="module", autouse=True)
def password_users(servers):
    """Roles that must give a password, whatever the address; everybody else is trusted as before."""
    for server in servers.both():
        server.sql("postgres", """
            SET password_encryption = 'md5'; CREATE ROLE md5_user LOGIN PASSWORD 'md5 pass' IN ROLE app;
            SET password_encryption = 'scram-sha-256'; CREATE ROLE scram_user LOGIN PASSWORD 'scrüm pass' IN ROLE app;
            CREATE ROLE clear_user LOGIN PASSWORD 'clear pass' IN ROLE app""")
        hba = server.data / "pg_hba.conf"
        hba.write_text("host all md5_user all md5\nhost all scram_user all scram-sha-256\nhost all clear_user all password\n"
                       + hba.read_text())
        server.reload()


USERS = {"md5_user": "md5 pass", "scram_user": "scrüm pass", "clear_user": "clear pass"}


@pytest.mark.parametrize("user", USERS)
def test_password(make_pair, user):
    pair = make_pair(SCHEMA)
    with pair.connect(user=user, password=USERS[user]).cursor() as cursor:
        cursor.execute("INSERT INTO item VALUES (1, current_user) RETURNING v")
        assert cursor.fetchall() == [(user,)]
    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        pair.connect(user=user, password="wrong")
    pair.assert_equal()


def test_encryption_requests_are_declined(make_pair):
    pair = make_pair(SCHEMA)
    for wanted in (rawpg.SSL_REQUEST, rawpg.GSSENC_REQUEST):
        client = rawpg.Connection(pair.daemon.port, "app", pair.database, log_in=False)
        assert client.raw_byte(wanted) == b"N"
        messages = client.exchange(rawpg.startup(user="app", database=pair.database))
        assert messages[-1] == ("Z", b"I")
        client.close()


def test_cancel(make_pair):
    pair = make_pair(SCHEMA)
    connection = pair.connect()
    cursor = connection.cursor()
    timer = threading.Timer(0.3, connection.cancel)
    timer.start()
    with pytest.raises(psycopg2.errors.QueryCanceled):
        cursor.execute("SELECT pg_sleep(60)")
    timer.join()
    cursor.execute("SELECT 1")
    assert cursor.fetchone() == (1,)


def test_late_or_wrong_cancel_hurts_nobody(make_pair):
    pair = make_pair(SCHEMA)
    with pair.raw() as client:
        client.simple("SELECT 1")
        for secret in (client.secret, b"\0\0\0\0"):
            other = rawpg.Connection(pair.daemon.port, "app", pair.database, log_in=False)
            other.socket.setblocking(True)
            other.socket.sendall(rawpg.cancel_request(client.process, secret))
            assert other.socket.recv(1) == b""
            other.close(politely=False)
        assert rawpg.rows(client.simple("SELECT 2 FROM pg_sleep(0.2)")) == [(b"2",)]


def test_cancel_on_its_way_hurts_no_later_statement(make_pair):
    """What it was meant for ends by itself meanwhile; the next statement waits until legacy has taken the request."""
    pair = make_pair(SCHEMA)
    pair.daemon.stop()
    with CancelGate(pair.legacy.port) as gate, psycopg2.connect(
            host="127.0.0.1", port=pair.legacy.port, dbname=pair.database, user="app") as holder, holder.cursor() as locks:
        pair.reconfigure({"legacy": f"host=127.0.0.1 port={gate.port} dbname={pair.database} user=pgtandem"})
        pair.daemon.start()
        locks.execute("SELECT pg_advisory_lock(1), pg_advisory_lock(2)")
        with pair.raw() as client:
            def waits():
                return pair.on_legacy("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted") == [(1,)]

            client.transfer(rawpg.query("SELECT pg_advisory_lock(1)"), lambda m: False, done=True)
            pair.daemon.until(waits, "wait for the lock")
            other = rawpg.Connection(pair.daemon.port, "app", pair.database, log_in=False)
            other.transfer(rawpg.cancel_request(client.process, client.secret), lambda m: False, done=True)
            assert gate.came.wait(30)
            locks.execute("SELECT pg_advisory_unlock(1)")
            client.exchange(b"")
            client.transfer(rawpg.query("SELECT pg_advisory_lock(2)"), lambda m: False, done=True)
            for _ in range(20):
                assert not waits(), "legacy has got it ahead of the cancel request"
            gate.open.set()
            pair.daemon.until(waits, "pass on the next statement")
            locks.execute("SELECT pg_advisory_unlock(2)")
            assert rawpg.errors(client.exchange(b"")) == []
            other.close(politely=False)


def test_cancel_of_a_write(make_pair):
    pair = make_pair(SCHEMA)
    connection = pair.connect()
    timer = threading.Timer(0.3, connection.cancel)
    timer.start()
    with pytest.raises(psycopg2.errors.QueryCanceled), connection.cursor() as cursor:
        cursor.execute("INSERT INTO item SELECT i, pg_sleep(0.1)::text FROM generate_series(1, 600) i")
    timer.join()
    pair.assert_equal()
    assert pair.on_legacy("SELECT count(*) FROM item") == [(0,)]


def test_startup_parameters_reach_the_server(make_pair):
    pair = make_pair(SCHEMA)
    options = "-c search_path=pg_catalog -c work_mem=12345kB"
    cursor = pair.connect(options=options, application_name="my app").cursor()
    cursor.execute("SELECT current_setting('search_path'), current_setting('work_mem'), current_setting('application_name')")
    assert cursor.fetchone() == ("pg_catalog", "12345kB", "my app")
    with pair.raw(DateStyle="German", client_encoding="LATIN1") as client:
        assert client.parameters["DateStyle"] == "German, DMY"
        assert client.parameters["client_encoding"] == "LATIN1"


def test_startup_messages_are_legacys(make_pair):
    pair = make_pair(SCHEMA)

    def compared(connection):
        with connection:
            return [m for m in connection.startup_messages if m.type != "K"]

    assert compared(pair.raw()) == compared(pair.raw_direct())


def test_unknown_database_names_those_there_are(make_pair):
    pair = make_pair(SCHEMA)
    client = rawpg.Connection(pair.daemon.port, "app", "nowhere", log_in=False)
    with pytest.raises(rawpg.Closed) as raised:
        client.exchange(rawpg.startup(user="app", database="nowhere"))
    (error,) = rawpg.errors(raised.value.messages)
    assert (error.sqlstate, error.fields["S"]) == ("3D000", "FATAL")
    assert pair.database in str(error.fields)


def test_refusal_by_legacy_passes(make_pair):
    pair = make_pair(SCHEMA)
    with pytest.raises(psycopg2.OperationalError, match='role "nobody" does not exist'):
        pair.connect(user="nobody")


def test_notifications_pass(make_pair):
    pair = make_pair(SCHEMA)
    listener = pair.connect()
    listener.cursor().execute("LISTEN news")
    pair.sql("NOTIFY news, 'fresh'")
    deadline = time.monotonic() + 30
    while not listener.notifies:
        assert time.monotonic() < deadline, "no notification came"
        listener.poll()
        time.sleep(0.02)
    assert (listener.notifies[0].channel, listener.notifies[0].payload) == ("news", "fresh")


def test_notify_within_a_writing_transaction(make_pair):
    pair = make_pair(SCHEMA)
    with pair.raw() as client:
        client.simple("LISTEN news")
        client.simple("BEGIN")
        client.simple("INSERT INTO item VALUES (1, 'x')")
        client.simple("NOTIFY news, 'inside'")
        messages = client.simple("COMMIT")
    assert [m.body[4:] for m in messages if m.type == "A"] == [b"news\0inside\0"]
    pair.assert_equal()


@pytest.mark.parametrize("protocol", ["simple", "extended"])
def test_fifty_megabytes_in_one_value(make_pair, protocol):
    pair = make_pair(SCHEMA)
    value = "0123456789abcdef" * (50 * 65536)
    with pair.raw() as client:
        if protocol == "simple":
            client.simple(f"INSERT INTO item VALUES (1, '{value}')")
        else:
            client.extended("INSERT INTO item VALUES (1, $1)", value)
        client.simple("UPDATE item SET v = v || 'x' WHERE id = 1")
        (row,) = rawpg.rows(client.simple("SELECT v FROM item"))
        assert row == (value.encode() + b"x",)
    pair.assert_equal()


def test_ten_thousand_statements_in_one_pipeline(imaged_pair):
    pair = imaged_pair(SCHEMA)
    with pair.raw() as client:
        burst = b"".join(rawpg.run_extended("INSERT INTO item VALUES ($1, $2)", i, "in one transaction")
                         for i in range(10000))
        messages = client.exchange(burst + rawpg.sync())
        assert rawpg.tags(messages) == ["INSERT 0 1"] * 10000
        burst = b"".join(rawpg.run_extended("UPDATE item SET v = $2 WHERE id = $1", i, "each in its own") + rawpg.sync()
                         for i in range(10000))
        messages = client.exchange(burst, 10000)
        assert rawpg.tags(messages) == ["UPDATE 1"] * 10000
    pair.assert_equal()
    status = pair.status()
    assert (status["transactions"], status["images"], status["marks_made"]) == (10001, 20000, 0)


def test_many_large_results_are_read_slowly(make_pair):
    """The server sends more than anybody buffers, the client sends on without reading: nothing deadlocks."""
    pair = make_pair(SCHEMA)
    with pair.raw() as client:
        query = rawpg.run_extended("SELECT repeat('x', 1000000), $1::text", "y" * 100000) + rawpg.sync()
        messages = client.exchange(query * 60, 60)
        assert len(rawpg.rows(messages)) == 60


def test_a_hundred_sessions(imaged_pair):
    pair = imaged_pair(SCHEMA)
    clients = [pair.raw() for _ in range(100)]
    for number, client in enumerate(clients):
        client.simple("BEGIN")
        client.simple(f"INSERT INTO item VALUES ({number}, 'x')")
    for client in reversed(clients):
        client.simple("COMMIT")
        client.close()
    pair.assert_equal()
    status = pair.status()
    assert (status["transactions"], status["images"], status["marks_made"]) == (100, 100, 0)
