"""Runs pgbench against any port and reads what it says."""

import re
import subprocess
from typing import NamedTuple

from cluster import BIN


class Result(NamedTuple):
    returncode: int
    transactions: int
    failed: int
    output: str

    def check(self, transactions=None):
        assert self.returncode == 0 and self.failed == 0, self.output
        if transactions is not None:
            assert self.transactions == transactions, self.output


def _number(pattern, output):
    found = re.search(pattern, output)
    return int(found[1]) if found else -1


def start(port, database, *arguments, user="app"):
    """In the background; hand the process to `finish`."""
    return subprocess.Popen(
        [BIN / "pgbench", "-n", "-h", "127.0.0.1", "-p", str(port), "-U", user, *map(str, arguments), database],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def finish(process, timeout=300):
    output, _ = process.communicate(timeout=timeout)
    return Result(process.returncode, _number(r"actually processed: (\d+)", output),
                  _number(r"failed transactions: (\d+)", output), output)


def run(port, database, *arguments, **more):
    return finish(start(port, database, *arguments, **more))
