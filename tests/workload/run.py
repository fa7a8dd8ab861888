#!/usr/bin/python3
"""Runs rounds of the random workload: see README.md."""

import argparse
import random
import shutil
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "system"))

import profiles  # noqa: E402
import rounds  # noqa: E402

LOGS = Path(__file__).resolve().parents[2] / "build" / "workload"


def new_seed():
    return random.SystemRandom().randrange(1 << 32)


def run_seed(servers, seed, logs=LOGS):
    """The problems of one round, whose log is kept under its seed."""
    directory = logs / str(seed)
    shutil.rmtree(directory, ignore_errors=True)
    drawn = profiles.drawn(random.Random(f"{seed}/profile"))
    print(f"seed {seed}: {drawn}", flush=True)
    return rounds.Round(servers, directory, seed, drawn).run()


class TemporaryServers:
    """Two servers for as long as a `with` lasts."""

    def __enter__(self):
        self.directory = Path(tempfile.mkdtemp(prefix="pgtandem."))
        self.directory.chmod(0o755)
        self.servers = rounds.start_servers(self.directory)
        return self.servers

    def __exit__(self, *_):
        for server in self.servers.both():
            server.remove()
        shutil.rmtree(self.directory)


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seed", type=int, action="append", help="replay these instead of drawing new ones")
    arguments.add_argument("--rounds", type=int, default=1)
    arguments.add_argument("--seconds", type=float, default=0, help="begin rounds until so much time has passed")
    given = arguments.parse_args()
    began, failed = time.monotonic(), 0
    with TemporaryServers() as servers:
        seeds = iter(given.seed) if given.seed else iter(new_seed, None)
        for number, seed in enumerate(seeds):
            if not given.seed and number >= given.rounds and time.monotonic() - began >= given.seconds:
                break
            at = time.monotonic()
            problems = run_seed(servers, seed)
            failed += bool(problems)
            print("\n".join([*problems, f"seed {seed}: {'FAILED' if problems else 'equal'} in {time.monotonic() - at:.1f} s"]),
                  flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
