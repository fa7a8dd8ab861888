"""The pgtandem binary: a daemon with its configuration, and its command line."""

import json
import os
import signal
import socket
import subprocess
import time
from pathlib import Path

from cluster import free_port

BINARY = Path(os.environ.get("PGTANDEM", Path(__file__).resolve().parents[2] / "build" / "pgtandem"))


class Daemon:
    """One configuration. Ports stay the same over restarts, as applications expect."""

    def __init__(self, directory, databases, outbox=(), binary=BINARY, **top):
        self.binary, self.environment = binary, dict(os.environ)
        self.directory = Path(directory)
        self.directory.mkdir(exist_ok=True)
        self.config_file = self.directory / "pgtandem.yaml"
        self.log_file = self.directory / "pgtandem.log"
        self.port = free_port()
        self.admin_port = free_port()
        self.process = None
        self.configure(databases, outbox, **top)

    def configure(self, databases, outbox=(), **top):
        """Writes the configuration; a running daemon keeps its own. JSON is YAML too."""
        config = {
            "listen": f"127.0.0.1:{self.port}",
            "admin": {"listen": f"127.0.0.1:{self.admin_port}"},
            "databases": databases,
            "outbox": {"path": "./outbox", "min_free": "64MiB", **dict(outbox)},
            "transport": "local",
            "log": {"level": "info"},
            **top,
        }
        self.config_file.write_text(json.dumps(config, indent=2))

    def start(self):
        self.launch()
        self.until(self.accepts, "accept connections")

    def launch(self):
        with open(self.log_file, "ab") as log:
            self.process = subprocess.Popen(
                [self.binary, "serve", "-c", self.config_file], env=self.environment, stdin=subprocess.DEVNULL, stdout=log,
                stderr=log, start_new_session=True)

    def accepts(self):
        assert self.process.poll() is None, f"pgtandem ended with {self.process.returncode}:\n{self.log_tail()}"
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def until(self, condition, what, seconds=60):
        deadline = time.monotonic() + seconds
        while not (value := condition()):
            assert time.monotonic() < deadline, f"pgtandem did not {what} in {seconds} s:\n{self.log_tail()}"
            time.sleep(0.05)
        return value

    def kill(self):
        """As a crash: nothing of its own runs any more."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def terminate(self, timeout=60):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout)

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()

    def log_tail(self, characters=4000):
        return self.log_file.read_text(errors="replace")[-characters:] if self.log_file.exists() else ""

    def command(self, name, *arguments, timeout=180):
        """Runs `pgtandem NAME -c FILE ...`."""
        return subprocess.run(
            [BINARY, *name.split(), "-c", self.config_file, *arguments], stdin=subprocess.DEVNULL, capture_output=True,
            text=True, timeout=timeout)

    def status(self):
        """The status of the first (mostly the only) database."""
        result = self.command("status", "--json")
        assert result.returncode in (0, 1), result.stderr  # 1: it answers, and is not healthy
        return json.loads(result.stdout)["databases"][0]

    def wait(self, timeout="120s"):
        result = self.command("wait", "--timeout", timeout)
        assert result.returncode == 0, f"wait: {result.stdout}{result.stderr}\n{self.log_tail()}"
