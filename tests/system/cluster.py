"""Throwaway PostgreSQL servers. One `Cluster` is one data directory; everything is gone with its directory."""

import itertools
import os
import pwd
import random
import shutil
import socket
import subprocess
from pathlib import Path

import psycopg2

BIN = Path(os.environ.get("PG_BINDIR", "/usr/lib/postgresql/15/bin"))
# PostgreSQL refuses to run as root.
SERVER_USER = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []


def _ports():
    """Below the range that outgoing connections take theirs from; no two alike, here or in a worker beside this one."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    ports = list(range(20000 + worker, 32000, int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))))
    random.shuffle(ports)
    return itertools.cycle(ports)


PORTS = _ports()


def free_port():
    """A port nobody listens on."""
    for port in PORTS:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


def run(*command):
    result = subprocess.run(command, cwd="/", stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert result.returncode == 0, f"{command} failed:\n{result.stdout}"
    return result.stdout


class Cluster:
    SETTINGS = {
        "fsync": "off",  # no test takes the power away; a crash of the server loses nothing
        "max_connections": "150",
        "shared_buffers": "128MB",
        "max_wal_size": "4GB",
        "checkpoint_timeout": "30min",
        "deadlock_timeout": "100ms",
        "log_min_messages": "warning",
        "log_line_prefix": "'%m [%p] %a: '",
    }

    def __init__(self, directory, settings=()):
        self.directory = Path(directory)
        self.data = self.directory / "data"
        self.log = self.directory / "server.log"
        self.port = free_port()
        self.directory.mkdir()
        if SERVER_USER:
            os.chown(self.directory, pwd.getpwnam("postgres").pw_uid, -1)
        run(*SERVER_USER, BIN / "initdb", "-D", self.data, "-U", "postgres", "--auth=trust", "--encoding=UTF8",
            "--locale=C.UTF-8", "--no-sync")
        lines = [f"{name} = {value}\n" for name, value in {**self.SETTINGS, **dict(settings)}.items()]
        lines.append(f"listen_addresses = '127.0.0.1'\nunix_socket_directories = '{self.directory}'\n")
        with open(self.data / "postgresql.conf", "a") as file:
            file.writelines(lines)
        self.start()

    def start(self):
        for attempt in range(5):
            result = self._ctl("start", "-l", self.log, "-o", f"-p {self.port}")
            if result.returncode == 0:
                return
            if "could not bind" not in self.log.read_text():
                break
        raise AssertionError(f"server did not start:\n{self.log.read_text()[-3000:]}")

    def stop(self, mode="fast"):
        assert self._ctl("stop", "-m", mode).returncode == 0

    def restart(self, mode):
        self.stop(mode)
        self.start()

    def reload(self):
        assert self._ctl("reload").returncode == 0

    def _ctl(self, *arguments):
        # pg_ctl hands its output on to the server it starts, so it must not be a pipe of ours.
        return subprocess.run(
            [*SERVER_USER, BIN / "pg_ctl", "-D", self.data, "-w", "-t", "60", "-s", *arguments], cwd="/",
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def remove(self):
        if (self.data / "postmaster.pid").exists():
            self._ctl("stop", "-m", "immediate")
        shutil.rmtree(self.directory)

    def connect(self, database="postgres", user="postgres", **more):
        connection = psycopg2.connect(host="127.0.0.1", port=self.port, dbname=database, user=user, **more)
        connection.autocommit = True
        return connection

    def sql(self, database, text, parameters=None):
        """Runs as superuser; rows, if there are any."""
        connection = self.connect(database)
        try:
            with connection.cursor() as cursor:
                cursor.execute(text, parameters)
                return cursor.fetchall() if cursor.description else None
        finally:
            connection.close()
