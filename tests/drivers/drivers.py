"""The drivers: how each one's program is built from its pinned manifest, and started."""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

from cluster import BIN

HERE = Path(__file__).resolve().parent
BUILD = HERE.parents[1] / "build" / "drivers"


class Driver:
    """A program in a folder of its own, built into build/drivers/<name> and run with that as working directory."""

    more = ()     # scenarios that are not common to all, which it runs too
    marks = ()    # scenarios in which it may write in a way that pgtandem marks instead of imaging
    without = {}  # scenario to SQLSTATEs that it does not show

    def __init__(self, name, **more):
        self.name = name
        self.source = HERE / name
        self.directory = BUILD / name
        self.__dict__.update(more)

    def manifest(self):
        """What is fetched; when none of it has changed, nothing is fetched again."""
        return []

    def build(self):
        stamp = self.directory / "fetched"
        digest = hashlib.sha256(b"".join((self.source / name).read_bytes() for name in self.manifest())).hexdigest()
        if not stamp.exists() or stamp.read_text() != digest:
            shutil.rmtree(self.directory, ignore_errors=True)
            self.directory.mkdir(parents=True)
            self.fetch()
            stamp.write_text(digest)
        self.compile()

    def fetch(self):
        pass

    def compile(self):
        pass

    def command(self):
        raise NotImplementedError

    def environment(self):
        return {}

    def start(self, port, database, scenarios):
        environment = {**os.environ, "PGHOST": "127.0.0.1", "PGPORT": str(port), "PGDATABASE": database, "PGUSER": "app",
                       "PGSSLMODE": "disable", "PGTZ": "UTC", "TZ": "UTC", "LC_ALL": "C.UTF-8", **self.environment()}
        return subprocess.run([*self.command(), *scenarios], cwd=self.directory, env=environment, capture_output=True,
                              text=True, timeout=120)

    def run(self, *command, cwd=None, **environment):
        result = subprocess.run(command, cwd=cwd or self.directory, env={**os.environ, **environment},
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        assert result.returncode == 0, f"{command} failed:\n{result.stdout[-5000:]}"


class Psql(Driver):
    """Of the server's own version; the program that drives it needs Python alone."""

    def command(self):
        return ["/usr/bin/python3", self.source / "scenarios.py"]

    def environment(self):
        return {"PSQL": BIN / "psql", "PYTHONPATH": HERE / "common"}


class Python(Driver):
    def manifest(self):
        return ["requirements.txt"]

    def fetch(self):
        self.run("/usr/bin/python3", "-m", "venv", "venv")
        self.run("venv/bin/pip", "install", "--quiet", "--no-deps", "--only-binary", ":all:", "-r",
                 self.source / "requirements.txt")

    def command(self):
        return ["venv/bin/python", self.source / "scenarios.py"]

    def environment(self):
        return {"PYTHONPATH": HERE / "common", "PYTHONDONTWRITEBYTECODE": "1"}


class SqlAlchemy(Python):
    """One program for several drivers below."""

    def __init__(self, dialect, **more):
        super().__init__("sqlalchemy", **more)
        self.name, self.dialect = f"sqlalchemy-{dialect}", dialect

    def environment(self):
        return {**super().environment(), "DIALECT": self.dialect}


class Node(Driver):
    """Modules are looked for beside the program, so it is copied to where they are installed."""

    def manifest(self):
        return ["package.json", "package-lock.json"]

    def fetch(self):
        for name in self.manifest():
            shutil.copy(self.source / name, self.directory)
        self.run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")

    def compile(self):
        for path in (HERE / "common" / "outcome.mjs", self.source / "scenarios.js"):
            shutil.copy(path, self.directory)

    def command(self):
        return ["node", "scenarios.js"]


class Java(Driver):
    def manifest(self):
        return ["pom.xml"]

    def fetch(self):
        self.run("mvn", "--batch-mode", "--quiet", "--file", self.source / "pom.xml", "dependency:copy-dependencies",
                 f"-DoutputDirectory={self.directory / 'jars'}", "-DincludeScope=runtime")

    def compile(self):
        self.run("javac", "--release", "17", "-encoding", "UTF-8", "-cp", "jars/*", "-d", "classes",
                 *sorted(self.source.glob("*.java")))

    def command(self):
        return ["java", "-cp", "classes:jars/*", "Scenarios"]


class Go(Driver):
    def compile(self):
        self.run("go", "build", "-mod=readonly", "-buildvcs=false", "-o", self.directory / "program", ".", cwd=self.source,
                 CGO_ENABLED="0")

    def command(self):
        return ["./program"]


class Rust(Driver):
    def compile(self):
        self.run("cargo", "build", "--quiet", "--locked", "--manifest-path", self.source / "Cargo.toml", "--target-dir",
                 self.directory / "target")

    def command(self):
        return ["target/debug/scenarios"]


DRIVERS = [
    Psql("psql"),
    Python("psycopg2",
           without={"reconnect": {"57P01"}}),  # its libpq tells of the lost connection instead
    Python("psycopg3", more=("pipeline",)),
    Python("asyncpg", more=("parts",),
           without={"reconnect": {"57P01"}}),  # its own 08003 instead
    Python("pg8000",
           without={"reconnect": {"57P01"}}),  # does not read what comes before the end of the connection
    SqlAlchemy("psycopg2", without={"reconnect": {"57P01"}}),
    SqlAlchemy("asyncpg", without={"reconnect": {"57P01"}}),
    Node("node-postgres", more=("parts", "pipeline")),
    Node("postgres.js", more=("parts", "pipeline")),
    # With autosave the savepoint goes in the same batch as a text that legacy refuses: what follows may be marked.
    Java("pgjdbc", marks=("errors",), more=("parts",)),
    Go("pgx", more=("pipeline",)),
    Rust("tokio-postgres", more=("parts", "pipeline")),
]
