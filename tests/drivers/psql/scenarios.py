"""psql runs one script for each scenario; every line it prints, errors included, becomes a line of the outcome.

It is fed through a terminal where it has to outlive being interrupted: a script ends there."""

import os
import re
import signal
import subprocess
import sys
import termios
import time
import tty
from pathlib import Path

from outcome import FIRST_BYTES, LONG_TEXT, SECOND_BYTES, SLEEPING, emit, main, until_sleeping

HERE = Path(__file__).parent
PSQL = [os.environ["PSQL"], "--no-psqlrc", "--set", "VERBOSITY=verbose"]


def show(text):
    for number, line in enumerate(text.splitlines()):
        sqlstate = re.search(r"(?:ERROR|FATAL):  (\w{5}):", line)
        emit(number, text=line, **({"sqlstate": sqlstate[1]} if sqlstate else {}))


def script(name):
    result = subprocess.run([*PSQL, "--echo-queries", "--file", HERE / f"{name}.sql"], stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    show(result.stdout)
    emit("end", exit=result.returncode)


def large():
    """psql reads the values into variables, and sends them as literals."""
    Path("first").write_text("\\x" + FIRST_BYTES.hex())
    Path("second").write_text("\\x" + SECOND_BYTES.hex())
    Path("text").write_text(LONG_TEXT)
    script("large")


def watch():
    asked = subprocess.run([*PSQL, "--tuples-only", "--command", SLEEPING], capture_output=True, text=True, check=True)
    return int(asked.stdout)


class Terminal:
    """psql, believing that somebody types."""

    def __init__(self):
        self.ours, theirs = os.openpty()
        tty.setraw(theirs, termios.TCSANOW)  # neither echo nor translation
        self.process = subprocess.Popen(
            [*PSQL, "--no-readline", "--set", "PROMPT1=", "--set", "PROMPT2=", "--set", "ON_ERROR_ROLLBACK=interactive",
             "--pset", "pager=off"], stdin=theirs, stdout=theirs, stderr=theirs)
        os.close(theirs)
        self.seen = ""

    def type(self, *lines):
        os.write(self.ours, "".join(f"{line}\n" for line in lines).encode())

    def until(self, marker):
        deadline = time.monotonic() + 60
        while marker not in self.seen:
            if time.monotonic() > deadline:
                sys.exit(f"psql did not print {marker}")
            self.seen += os.read(self.ours, 65536).decode()

    def interrupted(self, sql, marker):
        """Ctrl-C throws away what was typed ahead, so the marker is typed afterwards."""
        self.type(sql)
        until_sleeping(watch)
        self.process.send_signal(signal.SIGINT)
        self.until("57014")
        self.type(f"\\echo {marker}")
        self.until(f"{marker}\n")

    def end(self):
        self.type("\\q")
        self.process.wait()
        os.close(self.ours)
        show(self.seen)


def cancel():
    terminal = Terminal()
    terminal.interrupted("SELECT pg_sleep(600);", "first")
    terminal.type("SELECT 1;", "\\echo second")
    terminal.until("second\n")
    terminal.interrupted("UPDATE job SET state = 'never' WHERE pg_sleep(600) IS NOT NULL;", "third")
    terminal.type("BEGIN;", "INSERT INTO job VALUES (2, 'done');", "\\echo fourth")
    terminal.until("fourth\n")
    terminal.interrupted("SELECT pg_sleep(600);", "fifth")  # rolled back to psql's own savepoint
    terminal.type("COMMIT;", "SELECT * FROM job ORDER BY id;", "\\echo sixth")
    terminal.until("sixth\n")
    terminal.end()


def reconnect():
    """psql connects again by itself, if somebody types."""
    terminal = Terminal()
    terminal.type("BEGIN;", "INSERT INTO visit VALUES (1, 'lost');", "SELECT pg_terminate_backend(pg_backend_pid());")
    terminal.until("Attempting reset: Succeeded.\n")
    terminal.type("SELECT * FROM visit;", "INSERT INTO visit VALUES (2, 'back');", "\\echo end")
    terminal.until("end\n")
    terminal.end()


SCRIPTS = ("crud", "prepared", "batch", "types", "cursor", "savepoint", "upsert", "errors", "copy")
main({**dict.fromkeys(SCRIPTS, script), "large": large, "cancel": cancel, "reconnect": reconnect},
     lambda scenario, name: scenario(name) if scenario is script else scenario())
