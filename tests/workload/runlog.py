"""What every session sent and was told, in one file, for people who look for the cause of a difference."""

import threading
import time

import rawpg


class RunLog:
    def __init__(self, path):
        self.path = path
        self._file = open(path, "w", buffering=1 << 16)
        self._lock = threading.Lock()
        self._began = time.monotonic()

    def note(self, who, text):
        line = f"{time.monotonic() - self._began:9.4f} {who:>7} {' '.join(text.split())}\n"
        with self._lock:
            self._file.write(line)

    def exchange(self, who, text, messages):
        errors = [f"{e.sqlstate} {e.fields.get('M', '')}" for e in rawpg.errors(messages)]
        self.note(who, f"{text} => {', '.join([*rawpg.tags(messages), *errors]) or 'nothing'}")

    def close(self):
        self._file.close()

    def last_about(self, table, limit=8):
        """The last lines that name a table. Statements on other tables may have written it, too: the file has them."""
        self._file.flush()
        name = table.split(".")[-1]
        with open(self.path) as file:
            return [line.rstrip()[:240] for line in file if name in line][-limit:]
