"""What the programs in Python share: outcomes as lines of JSON on stdout, and the values they send.

Values are printed as the driver gave them: what JSON has no form for, by repr(), which names the type too."""

import hashlib
import json
import os
import sys
import time

CONNECTION = {"host": os.environ["PGHOST"], "port": int(os.environ["PGPORT"]), "database": os.environ["PGDATABASE"],
              "user": os.environ["PGUSER"]}

WORDS = "é€😀"
FIRST_BYTES = bytes((0, 1, 2, 3)) * (4 << 20)
SECOND_BYTES = bytes((255, 254, 253, 252)) * (8 << 20)
LONG_TEXT = "öx€" * 1_000_000
SLEEPING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'"

_scenario = None


def plain(value):
    if isinstance(value, memoryview):
        value = bytes(value)
    if isinstance(value, (bytes, str)) and len(value) > 1000:
        data = value.encode() if isinstance(value, str) else value
        return f"{type(value).__name__} of {len(value)}, md5 {hashlib.md5(data).hexdigest()}"
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value if value is None or isinstance(value, (bool, int, str)) else repr(value)


def emit(step, **outcome):
    line = {"scenario": _scenario, "step": step, **{key: plain(value) for key, value in outcome.items()}}
    print(json.dumps(line, ensure_ascii=False), flush=True)


def until_sleeping(count):
    """Waits until count(), which asks SLEEPING on a connection of its own, sees a backend in pg_sleep."""
    deadline = time.monotonic() + 60
    while not count():
        if time.monotonic() > deadline:
            sys.exit("nothing sleeps")
        time.sleep(0.01)


def main(scenarios, run=lambda scenario, name: scenario()):
    """Runs the scenarios named by the arguments."""
    global _scenario
    for _scenario in sys.argv[1:]:
        run(scenarios[_scenario], _scenario)
