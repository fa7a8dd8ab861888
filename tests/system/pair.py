"""Two servers with pgtandem between them, and what tests ask of the three."""

import json

import psycopg2

import rawpg
from compare import assert_equal
from daemon import Daemon

# Rights as the documentation asks for, not more.
ROLES = """
DO $$ BEGIN
  CREATE ROLE app LOGIN; CREATE ROLE pgtandem LOGIN;
  GRANT pg_signal_backend, pg_monitor TO pgtandem;
  GRANT SET ON PARAMETER session_replication_role TO pgtandem;
EXCEPTION WHEN duplicate_object THEN NULL; END $$
"""
LEGACY_GRANTS = """
GRANT SELECT ON ALL TABLES IN SCHEMA public TO pgtandem;
ALTER DEFAULT PRIVILEGES FOR ROLE app IN SCHEMA public GRANT SELECT ON TABLES TO pgtandem
"""
TARGET_GRANTS = """
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO pgtandem;
ALTER DEFAULT PRIVILEGES FOR ROLE app IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO pgtandem
"""


class Servers:
    """A legacy and a target server; databases on both."""

    def __init__(self, legacy, target):
        self.legacy, self.target = legacy, target
        self._databases = 0
        for server in self.both():
            server.sql("postgres", ROLES)

    def both(self):
        return self.legacy, self.target

    def create_database(self, name=None):
        self._databases += 1
        name = name or f"app{self._databases}"
        for server in self.both():
            server.sql("postgres", f"CREATE DATABASE {name} OWNER app")
            server.sql(name, "GRANT ALL ON SCHEMA public TO app")
        self.target.sql(name, f"GRANT CREATE ON DATABASE {name} TO pgtandem")
        return name

    def create_schema(self, database, schema):
        """Runs `schema` as the application's role on both, so that both start equal."""
        for server in self.both():
            server.sql(database, f"SET ROLE app; {schema}")
        self.grant(database)

    def grant(self, database):
        self.legacy.sql(database, LEGACY_GRANTS)
        self.target.sql(database, TARGET_GRANTS)

    def entry(self, database, **more):
        """The configuration of one database."""
        conninfo = "host=127.0.0.1 port={} dbname={} user=pgtandem"
        return {
            "legacy": conninfo.format(self.legacy.port, database),
            "target": conninfo.format(self.target.port, database),
            "tables": {"include": ["public.*"]},
            "allow_trust": True,
            **more,
        }


class Pair:
    """One database on both servers, mirrored by one daemon."""

    def __init__(self, servers, directory, schema, options=(), on_legacy="", **top):
        self.servers = servers
        self.database = servers.create_database()
        servers.create_schema(self.database, schema)
        servers.legacy.sql(self.database, f"SET ROLE app; {on_legacy}")
        self.twin = f"{self.database}_twin"  # the same on legacy, which pgtandem knows nothing of
        servers.legacy.sql("postgres", f"CREATE DATABASE {self.twin} TEMPLATE {self.database} OWNER app")
        entry = servers.entry(self.database, **dict(options))
        self.daemon = Daemon(directory, {self.database: entry}, **top)
        self.daemon.start()

    @property
    def legacy(self):
        return self.servers.legacy

    @property
    def target(self):
        return self.servers.target

    def remove(self):
        """Stops the daemon and drops the databases, if the servers still run: hundreds of tests share a disk."""
        self.daemon.stop()
        for server, database in ((self.legacy, self.database), (self.legacy, self.twin), (self.target, self.database)):
            try:
                server.sql("postgres", f"DROP DATABASE {database} WITH (FORCE)")
            except psycopg2.Error:
                pass

    def reconfigure(self, options=(), **top):
        self.daemon.configure({self.database: self.servers.entry(self.database, **dict(options))}, **top)

    # Connections of an application through pgtandem.

    def connect(self, autocommit=True, user="app", **more):
        connection = psycopg2.connect(
            host="127.0.0.1", port=self.daemon.port, dbname=self.database, user=user, **more)
        connection.autocommit = autocommit
        return connection

    def raw(self, **more):
        return rawpg.Connection(self.daemon.port, **{"user": "app", "database": self.database, **more})

    def sql(self, text, parameters=None):
        connection = self.connect()
        try:
            with connection.cursor() as cursor:
                cursor.execute(text, parameters)
                return cursor.fetchall() if cursor.description else None
        finally:
            connection.close()

    def raw_direct(self, **more):
        """To the twin on legacy itself: what legacy alone would have answered."""
        return rawpg.Connection(self.legacy.port, **{"user": "app", "database": self.twin, **more})

    # The servers themselves, behind pgtandem's back.

    def on_legacy(self, text, parameters=None):
        return self.legacy.sql(self.database, text, parameters)

    def on_target(self, text, parameters=None):
        return self.target.sql(self.database, text, parameters)

    # What must hold.

    def assert_equal(self, timeout="120s"):
        """Waits for everything to be applied and compares every row."""
        self.daemon.wait(timeout)
        assert_equal(self.legacy, self.target, self.database)

    def status(self):
        return self.daemon.status()

    def drift_report(self, *arguments):
        """Exit code and the report of the one database."""
        result = self.daemon.command("drift-report", "--json", *arguments)
        assert result.stdout, result.stderr
        return result.returncode, json.loads(result.stdout)
