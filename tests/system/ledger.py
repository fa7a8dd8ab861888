"""An application of our own that keeps its own book of what was acknowledged, for tests that break things under it.

Each thread owns its rows and knows of every one what the server has acknowledged. Where a connection ends before an
answer to a commit, both states are possible and the thread goes on with other rows."""

import threading
import time

import psycopg2

import rawpg

SCHEMA = """
CREATE TABLE entry (owner integer, number integer, version integer NOT NULL, note text, PRIMARY KEY (owner, number));
CREATE TABLE total (owner integer PRIMARY KEY, acknowledged bigint NOT NULL);
INSERT INTO total SELECT i, 0 FROM generate_series(0, 31) i;
"""


class Lost(Exception):
    """The connection ended; `asked` says whether the commit had been sent."""

    def __init__(self, asked):
        super().__init__()
        self.asked = asked


class DriverClient:
    """psycopg2: simple protocol, explicit transactions."""

    def __init__(self, port, database):
        self.connection = psycopg2.connect(
            host="127.0.0.1", port=port, dbname=database, user="app", connect_timeout=10)

    def transact(self, statements):
        asked = False
        try:
            with self.connection.cursor() as cursor:
                for sql, values in statements:
                    cursor.execute(sql.replace("$1", "%s").replace("$2", "%s").replace("$3", "%s"), values)
            asked = True
            self.connection.commit()
        except (psycopg2.OperationalError, psycopg2.InterfaceError) as e:
            raise Lost(asked) from e

    def close(self):
        try:
            self.connection.close()
        except psycopg2.Error:
            pass


class PipeliningClient:
    """Extended protocol, a whole transaction in one burst: the implicit transaction ends at its Sync."""

    def __init__(self, port, database):
        self.connection = rawpg.Connection(port, "app", database)

    def transact(self, statements):
        burst = b"".join(rawpg.run_extended(sql, *values) for sql, values in statements) + rawpg.sync()
        try:
            messages = self.connection.exchange(burst)
        except (rawpg.Closed, OSError) as e:
            raise Lost(True) from e
        for error in rawpg.errors(messages):
            raise error

    def close(self):
        self.connection.close(politely=False)


class Worker(threading.Thread):
    """Inserts, updates and deletes rows of its own until told to stop; connects again for ever."""

    def __init__(self, owner, port, database, stop):
        super().__init__(name=f"worker {owner}", daemon=True)
        self.owner, self.port, self.database, self.stop = owner, port, database, stop
        self.client_class = DriverClient if owner % 2 == 0 else PipeliningClient
        self.acknowledged = {}  # number -> version, None once deleted
        self.doubtful = {}      # number -> {versions that may be}
        self.commits = self.losses = 0
        self.failure = None     # an error that no client should ever see
        self._next = 0

    def run(self):
        client = None
        try:
            while not self.stop.is_set():
                try:
                    client = client or self.client_class(self.port, self.database)
                    self._work(client)
                except (Lost, psycopg2.OperationalError, rawpg.Closed, OSError):
                    self.losses += 1
                    if client:
                        client.close()
                    client = None
                    time.sleep(0.02)
        except Exception as e:  # the test reads it: a thread has nobody to raise to
            self.failure = e
        finally:
            if client:
                client.close()

    def _work(self, client):
        number = self._next = self._next + 1
        count = ("UPDATE total SET acknowledged = acknowledged + 1 WHERE owner = $1", (self.owner,))
        self._commit(client, {number: 0}, [
            ("INSERT INTO entry VALUES ($1, $2, 0, $3)", (self.owner, number, f"note {number}")), count])
        self._commit(client, {number: 1}, [
            ("UPDATE entry SET version = 1 WHERE owner = $1 AND number = $2", (self.owner, number)), count])
        older = number - 7
        if older > 0 and self.acknowledged.get(older) is not None and older % 3 == 0:
            self._commit(client, {older: None}, [
                ("DELETE FROM entry WHERE owner = $1 AND number = $2", (self.owner, older)), count])

    def _commit(self, client, wanted, statements):
        try:
            client.transact(statements)
        except Lost as lost:
            for number, version in wanted.items():
                before = self.acknowledged.pop(number, None)
                self.doubtful[number] = {before, version} if lost.asked else {before}
            raise
        self.acknowledged.update(wanted)
        self.commits += 1


class Application:
    """So many workers, between start() and stop()."""

    def __init__(self, pair, workers=8):
        self.stop_event = threading.Event()
        self.workers = [Worker(i, pair.daemon.port, pair.database, self.stop_event) for i in range(workers)]

    def __enter__(self):
        for worker in self.workers:
            worker.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        self.stop_event.set()
        for worker in self.workers:
            worker.join(60)
            assert not worker.is_alive(), f"{worker.name} hangs"

    @property
    def commits(self):
        return sum(worker.commits for worker in self.workers)

    @property
    def losses(self):
        return sum(worker.losses for worker in self.workers)

    def wait_for_commits(self, more, seconds=60):
        """Returns once so many more commits have been acknowledged: load has gone through meanwhile."""
        goal, deadline = self.commits + more, time.monotonic() + seconds
        while self.commits < goal:
            self.check_no_failure()
            assert time.monotonic() < deadline, f"only {self.commits - goal + more} of {more} commits in {seconds} s"
            time.sleep(0.01)

    def check_no_failure(self):
        failures = [f"{w.name}: {w.failure!r}" for w in self.workers if w.failure]
        assert not failures, failures

    def check_nothing_missing(self, server, database):
        """Every acknowledged commit is on `server`, and what was in doubt is there wholly or not at all."""
        self.check_no_failure()
        wrong = []
        for worker in self.workers:
            found = dict(server.sql(database, "SELECT number, version FROM entry WHERE owner = %s", (worker.owner,)))
            for number, version in worker.acknowledged.items():
                if found.get(number) != version:
                    wrong.append(f"{worker.name} row {number}: {found.get(number)}, acknowledged {version}")
            for number, possible in worker.doubtful.items():
                if found.get(number) not in possible:
                    wrong.append(f"{worker.name} row {number}: {found.get(number)}, possible {possible}")
            counted = server.sql(database, "SELECT acknowledged FROM total WHERE owner = %s", (worker.owner,))[0][0]
            if not worker.commits <= counted <= worker.commits + len(worker.doubtful):
                wrong.append(f"{worker.name}: counted {counted}, acknowledged {worker.commits}")
        assert not wrong, wrong[:10]
