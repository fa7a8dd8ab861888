"""One round: a schema, a crowd of sessions, trouble; then quiet, and the verdict."""

import random
import shutil
import time

import rawpg
import tables
from cluster import Cluster
from compare import differing_rows
from daemon import BINARY, Daemon
from kinds import KINDS
from pair import Servers
from runlog import RunLog
from session import Session
from transactions import Builder
from trouble import Heals, Trouble

# The same program with a switch for tests (proxy/planted/planted_bug.h), by which the healer can be kept from its work.
PLANTED = BINARY.parent / "tests" / "pgtandem_planted"
LEGACY_SETTINGS = {"max_prepared_transactions": "50", "log_min_messages": "panic"}
SLOW = {"fsync": "on", "commit_delay": "10000", "commit_siblings": "1"}
ASYNC = {"wal_writer_delay": "'10s'"}
QUIET_SECONDS = 120


def start_servers(directory):
    legacy = Cluster(directory / "legacy", LEGACY_SETTINGS)
    try:
        target = Cluster(directory / "target", {"log_min_messages": "panic"})
        servers = Servers(legacy, target)
        for server in servers.both():
            server.sql("postgres", tables.ROLES)
            server.sql("postgres", "ALTER ROLE pgtandem BYPASSRLS")
        return servers
    except BaseException:
        legacy.remove()
        raise


class Round:
    """run() returns what is wrong, as sentences; nothing wrong is an empty list. `bug` plants one."""

    def __init__(self, servers, directory, seed, profile, bug=None):
        self.servers, self.seed, self.profile, self.bug = servers, seed, profile, bug
        self.directory = directory
        directory.mkdir(parents=True)
        self.log = RunLog(directory / "statements.log")
        self.schema = tables.Schema(self._random("schema"), profile)
        self.database = None
        self.daemon = None
        self.sessions = []

    def _random(self, what):
        return random.Random(f"{self.seed}/{what}")

    def run(self):
        try:
            self._prepare()
            return self._judged()
        finally:
            self._remove()

    def _judged(self):
        """What hangs, halts or never becomes quiet is a verdict, too."""
        try:
            self._crowd()
            self._end_sessions()
            return self._verdict()
        except AssertionError as e:
            return [f"{e}\n{self.daemon.log_tail(2000)}"]

    # Before.

    def _prepare(self):
        self.database = self.servers.create_database()
        schema = self.schema.sql()
        for server in self.servers.both():
            server.sql(self.database, f"SET ROLE app; {schema}")
            server.sql(self.database, tables.GRANTS)
        legacy, target = self.servers.both()
        legacy.sql(self.database, f"SET ROLE app; {self.schema.legacy_only()}")
        legacy.sql(self.database, tables.GRANTS)
        for schema in tables.SCHEMAS:
            legacy.sql(self.database, f"GRANT USAGE ON SCHEMA {schema} TO pgtandem; "
                                      f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO pgtandem")
            target.sql(self.database, f"GRANT USAGE ON SCHEMA {schema} TO pgtandem; "
                                      f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO pgtandem")
        if self.profile.initial_heal:
            target.sql(self.database, "SET ROLE app; DELETE FROM child; DELETE FROM uniq; DELETE FROM moving WHERE id > 5")
        for name, value in self._settings().items():
            legacy.sql("postgres", f"ALTER SYSTEM SET {name} = {value}")
        legacy.reload()
        entry = self.servers.entry(
            self.database, tables={"include": [f"{s}.*" for s in tables.SCHEMAS]},
            initial_heal="auto" if self.profile.initial_heal else "off")
        self.daemon = Daemon(self.directory / "daemon", {self.database: entry}, shutdown_timeout="1s",
                             outbox={"chunk": self.profile.chunk})
        self._switch(self.bug, "healer_off" if self.profile.healer_off else None)
        self.daemon.start()

    def _settings(self):
        return {**(SLOW if self.profile.slow_commits else {}), **(ASYNC if self.profile.async_commits else {})}

    def _switch(self, *planted):
        names = [name for name in planted if name]
        self.daemon.binary = PLANTED if names else BINARY
        self.daemon.environment["PGTANDEM_PLANTED_BUG"] = ",".join(names)

    # Meanwhile.

    def _crowd(self):
        kinds = [KINDS[name] for name in self.profile.kinds]
        for i in range(self.profile.sessions):
            builder = Builder(self.schema, self.profile, kinds, i)
            self.sessions.append(Session(i, self.seed, self.daemon.port, self.database, builder, self.profile, self.log))
        heals = Heals(self.daemon, self.schema, self._random("heals"), self.log)
        for session in self.sessions:
            session.start()
        if self.profile.heals:
            heals.start()
        try:
            Trouble(*self.servers.both(), self.daemon, self._random("trouble"), self._work).run(self.profile.trouble, self.log)
            for session in self.sessions:
                session.join(180)
        finally:
            for session in self.sessions:
                session.stopped.set()
            if self.profile.heals:
                heals.end()
        hanging = [s.name for s in self.sessions if s.is_alive()]
        assert not hanging, f"{hanging} hang"

    def _work(self):
        """1 when all is done; a session that failed does no more."""
        if not any(s.is_alive() for s in self.sessions):
            return 1.0
        return sum(s.done for s in self.sessions) / (self.profile.sessions * self.profile.transactions)

    def _end_sessions(self):
        """Backends of clients that went away may still be at work; what they prepared is decided."""
        legacy = self.servers.legacy
        self._until(lambda: not legacy.sql(
            self.database, "SELECT 1 FROM pg_stat_activity WHERE usename = 'app' AND datname = current_database()"),
            "the backends of all sessions to end")
        for (gid,) in legacy.sql(self.database, "SELECT gid FROM pg_prepared_xacts WHERE database = current_database()"):
            self.log.note("end", f"ROLLBACK PREPARED {gid}")
            with rawpg.Connection(self.daemon.port, "app", self.database) as client:
                client.simple(f"ROLLBACK PREPARED '{gid}'")

    # Afterwards.

    def _until(self, condition, what):
        deadline = time.monotonic() + QUIET_SECONDS
        while not condition():
            assert time.monotonic() < deadline, f"waited in vain for {what}; status: {self._status()}"
            time.sleep(0.05)

    def _status(self):
        status = self.daemon.status()
        return {name: status[name] for name in ("prepared", "applied", "undecided", "halted", "error", "marks")}

    def _applied(self):
        status = self._status()
        assert not status["halted"], f"the applier has halted: {status['error']}"
        return status["undecided"] == 0 and status["applied"] == status["prepared"]

    def _quiet(self):
        return self._applied() and not self._status()["marks"]

    def _verdict(self):
        problems = [f"{s.name}: {s.failure!r}" for s in self.sessions if s.failure]
        if self.profile.healer_off:
            self._until(self._applied, "everything to be applied")
            problems += self._unmarked_differences()
            self.daemon.stop()
            self._switch(self.bug)
            self.daemon.start()
        self._until(self._quiet, "marks to be healed and everything to be applied")
        differences = differing_rows(*self.servers.both(), self.database)
        problems += self._describe(differences) + self._ledger()
        code = self.daemon.command("drift-report").returncode
        if code != (1 if differences else 0):
            problems.append(f"drift-report ends with {code}, though {len(differences)} rows differ")
        if self.profile.unmarked and (made := self.daemon.status()["marks_made"]):
            problems.append(f"{made} marks, where every row has an image")
        return problems

    def _unmarked_differences(self):
        """Captured or marked, never missed. With the healer at rest a mark is the only excuse for a difference."""
        whole, keys = set(), {}
        for mark in self.daemon.status()["marks"]:
            name = mark["table"]
            if mark["scope"] == "table":
                whole.add(name)
            else:
                keys[name] = keys.get(name, 0) + mark["keys"]
        found = [d for d in differing_rows(*self.servers.both(), self.database) if d.table not in whole]
        excused = {t for t in keys if sum(d.table == t for d in found) <= keys[t]}
        self.log.note("verdict", f"marked: {sorted(whole)}, by key: {keys}")
        return [f"not even marked: {p}" for p in self._describe([d for d in found if d.table not in excused])]

    def _describe(self, differences, limit=4):
        sentences = []
        names = sorted({d.table for d in differences})
        if len(names) > limit:
            sentences.append(f"{len(names)} tables differ: {', '.join(names)}")
        for table in names[:limit]:
            rows = [d for d in differences if d.table == table]
            sentences.append("\n    ".join([
                f"{table}: {len(rows)} rows differ", *map(str, rows[:limit]), "the last that was said of it:",
                *self.log.last_about(table)]))
        return sentences

    def _ledger(self):
        """Acknowledged commits are on both servers, rolled back ones on neither."""
        problems = []
        for server, where in zip(self.servers.both(), ("legacy", "target")):
            there = set(server.sql(self.database, "SELECT session, number, part FROM token"))
            for session in self.sessions:
                for (number, part), expected in session.outcomes.items():
                    if expected and self.profile.legacy_may_lose:
                        continue
                    if ((session.number, number, part) in there) != expected:
                        what = "was acknowledged but is missing" if expected else "was rolled back but is there"
                        problems.append(f"transaction {number} of session {session.number} {what} on {where} (part {part})")
        return problems

    def _remove(self):
        self.log.close()
        if self.daemon:
            self.daemon.stop()
        for server in self.servers.both():
            if not (server.data / "postmaster.pid").exists():
                server.start()
        if self._settings():
            self.servers.legacy.sql("postgres", "ALTER SYSTEM RESET ALL")
            self.servers.legacy.reload()
        for server in self.servers.both():
            if self.database:
                for (gid,) in server.sql(self.database, "SELECT gid FROM pg_prepared_xacts WHERE database = current_database()"):
                    server.sql(self.database, f"ROLLBACK PREPARED '{gid}'")
                server.sql("postgres", f"DROP DATABASE {self.database} WITH (FORCE)")
        shutil.rmtree(self.directory / "daemon" / "outbox", ignore_errors=True)
