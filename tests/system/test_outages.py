"""Servers and the daemon stop or crash under load: no acknowledged row is lost, and both sides become equal."""

import pytest

import ledger
import rawpg

COUNTED = "CREATE TABLE item (id integer PRIMARY KEY, v text);"


def check(pair, application):
    pair.assert_equal("240s")
    for server in pair.servers.both():
        application.check_nothing_missing(server, pair.database)


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_target_down_is_not_noticed(make_pair, mode):
    pair = make_pair(ledger.SCHEMA)
    with ledger.Application(pair) as application:
        application.wait_for_commits(300)
        pair.target.stop(mode)
        application.wait_for_commits(1500)
        status = pair.status()
        assert status["prepared"] - status["applied"] > 1000
        pair.target.start()
        application.wait_for_commits(300)
    assert application.losses == 0
    check(pair, application)
    status = pair.status()
    assert status["prepared"] == status["applied"]


def test_target_crashes_again_and_again(make_pair):
    pair = make_pair(ledger.SCHEMA)
    with ledger.Application(pair) as application:
        for _ in range(5):
            application.wait_for_commits(300)
            pair.target.restart("immediate")
    assert application.losses == 0
    check(pair, application)


def test_daemon_killed_ten_times(make_pair):
    pair = make_pair(ledger.SCHEMA)
    with ledger.Application(pair) as application:
        for _ in range(10):
            application.wait_for_commits(300)
            pair.daemon.kill()
            pair.daemon.start()
        application.wait_for_commits(300)
    assert application.losses >= 10
    check(pair, application)


def test_daemon_killed_while_target_is_down(make_pair):
    pair = make_pair(ledger.SCHEMA)
    with ledger.Application(pair) as application:
        application.wait_for_commits(300)
        pair.target.stop("immediate")
        for _ in range(3):
            application.wait_for_commits(300)
            pair.daemon.kill()
            pair.daemon.start()
        application.wait_for_commits(300)
        pair.target.start()
    check(pair, application)


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_legacy_restarts(make_pair, mode):
    pair = make_pair(ledger.SCHEMA)
    with ledger.Application(pair) as application:
        for _ in range(3):
            application.wait_for_commits(300)
            pair.legacy.restart(mode)
        application.wait_for_commits(300)
    assert application.losses > 0
    check(pair, application)


def test_everything_crashes_at_once(make_pair):
    pair = make_pair(ledger.SCHEMA)
    with ledger.Application(pair) as application:
        for _ in range(3):
            application.wait_for_commits(300)
            pair.daemon.kill()
            pair.legacy.stop("immediate")
            pair.target.stop("immediate")
            pair.legacy.start()
            pair.daemon.start()
            pair.target.start()
        application.wait_for_commits(300)
    check(pair, application)


def test_client_goes_away_in_mid_transaction(make_pair):
    pair = make_pair(COUNTED)
    for number in range(20):
        client = pair.raw()
        client.simple("BEGIN")
        client.simple(f"INSERT INTO item VALUES ({number}, 'never')")
        client.close(politely=number % 2 == 0)
    pair.assert_equal()
    assert pair.on_legacy("SELECT count(*) FROM item") == [(0,)]


def test_client_goes_away_behind_its_commit(make_pair):
    """The commit is on its way when the client closes: whether it held is legacy's to say, target follows."""
    pair = make_pair(COUNTED)
    for number in range(40):
        client = pair.raw()
        insert = f"INSERT INTO item VALUES ({number}, 'perhaps')"
        data = rawpg.query(insert) if number % 2 else rawpg.run_extended(insert) + rawpg.sync()
        client.socket.setblocking(True)
        client.socket.sendall(data)
        client.close(politely=number % 4 < 2)
    pair.assert_equal()


def test_backend_terminated_in_mid_transaction(make_pair):
    pair = make_pair(COUNTED)
    client = pair.raw()
    client.simple("BEGIN")
    client.simple("INSERT INTO item VALUES (1, 'never')")
    ((backend,),) = rawpg.rows(client.simple("SELECT pg_backend_pid()"))
    pair.on_legacy("SELECT pg_terminate_backend(%s)", (int(backend),))
    (error,) = rawpg.errors(client.read_until_closed())
    assert (error.fields["S"], error.sqlstate) == ("FATAL", "57P01")
    pair.assert_equal()
    pair.sql("INSERT INTO item VALUES (1, 'now')")
    pair.assert_equal()


def test_commit_that_fails_leaves_nothing(make_pair):
    """A deferred constraint refuses the commit after its record was made durable."""
    pair = make_pair(COUNTED + """
        CREATE TABLE child (id integer PRIMARY KEY,
                            item integer REFERENCES item DEFERRABLE INITIALLY DEFERRED);""")
    for protocol in ("simple", "extended"):
        with pair.raw() as client:
            run = getattr(client, protocol)
            with pytest.raises(rawpg.ServerError) as raised:
                run("INSERT INTO child VALUES (1, 99)")
            assert raised.value.sqlstate == "23503"
            run("BEGIN")
            run("INSERT INTO child VALUES (2, 99)")
            with pytest.raises(rawpg.ServerError) as raised:
                run("COMMIT")
            assert raised.value.sqlstate == "23503"
            run("BEGIN")
            run("INSERT INTO child VALUES (3, 1)")
            run("INSERT INTO item VALUES (1, 'in time')")
            run("COMMIT")
            run("DELETE FROM child")
            run("DELETE FROM item")
    pair.assert_equal()
