"""Scripts of frontend messages, read from text. README.md describes the language.

Lines are Python calls of the vocabulary below, which build bytes to send or actions of the player."""

import struct
from pathlib import Path
from typing import NamedTuple

import outline
import rawpg

FOLDER = Path(__file__).resolve().parent / "scripts"


class Step(NamedTuple):
    line: int
    kind: str      # "send", "do", "expect", "record"
    what: object   # bytes; a function of the player; (words of messages, whether the connection ends then); None


class Script:
    def __init__(self, path, line, name):
        self.path, self.line, self.name = path, line, name
        self.images = self.marks = 0
        self.setup = []            # SQL that both servers run before
        self.whole_only = False    # only with each write in one piece
        self.target_follows = True
        self.same_source = True    # errors come from the same place in PostgreSQL's source
        self.steps = []

    def __str__(self):
        return f"{self.path.stem}/{self.name}"


class Later:
    """Bytes that are known only when the script is played."""

    def __init__(self, make):
        self.make = make


def typed_message(kind, body=b"", length=None):
    """A message whose length word may lie."""
    return kind.encode() + struct.pack("!i", len(body) + 4 if length is None else length) + body


def function_call(oid, *arguments, formats=(), result_format=0):
    values = b"".join(struct.pack("!i", -1) if a is None else struct.pack("!i", len(a)) + a for a in arguments)
    return rawpg.message("F", struct.pack(f"!Ih{len(formats)}h", oid, len(formats), *formats)
                         + struct.pack("!h", len(arguments)) + values + struct.pack("!h", result_format))


def int4(number):
    return struct.pack("!i", number)


def startup(version=196608, database=None, **parameters):
    def make(player):
        body = struct.pack("!i", version) + b"".join(
            rawpg.text(k) + rawpg.text(v) for k, v in {"database": database or player.database, **parameters}.items()) + b"\0"
        return struct.pack("!i", len(body) + 4) + body

    return Later(make)


def action(name):
    return lambda *arguments, **named: lambda player: getattr(player, name)(*arguments, **named)


VOCABULARY = {
    # Frontend messages.
    "Query": rawpg.query, "Parse": rawpg.parse, "Bind": rawpg.bind, "Execute": rawpg.execute, "Sync": rawpg.sync,
    "Flush": rawpg.flush, "DescribeStatement": rawpg.describe_statement, "DescribePortal": rawpg.describe_portal,
    "CloseStatement": rawpg.close_statement, "ClosePortal": rawpg.close_portal, "CopyData": rawpg.copy_data,
    "CopyDone": rawpg.copy_done, "CopyFail": rawpg.copy_fail, "FunctionCall": function_call,
    "Terminate": lambda: rawpg.message("X"), "Run": rawpg.run_extended, "Message": typed_message, "Raw": lambda raw: raw,
    "Startup": startup, "Request": rawpg.request, "SSLRequest": lambda: rawpg.SSL_REQUEST,
    "GSSENCRequest": lambda: rawpg.GSSENC_REQUEST, "int4": int4, "range": range, "join": b"".join, "str": str,
    # Actions of the player.
    **{name: action(name) for name in ("on", "connect", "open", "leave", "hang_up", "answers", "cancel", "legacy", "target", "until")},
}


def read(path):
    """The scripts of one file."""
    scripts = []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        if line.startswith("script "):
            scripts.append(Script(path, number, line.removeprefix("script ")))
            continue
        try:
            _add_line(scripts[-1], number, line)
        except Exception as e:
            raise ValueError(f"{path}:{number}: {line}: {e!r}") from e
    return scripts


def _add_line(script, number, line):
    word, _, rest = line.partition(" ")
    if word in ("images", "marks"):
        setattr(script, word, int(rest))
    elif word == "setup":
        script.setup.append(rest)
    elif line == "whole only":
        script.whole_only = True
    elif line == "target does not follow":
        script.target_follows = False
    elif line == "source may differ":
        script.same_source = False
    elif line == "=> ?":
        script.steps.append(Step(number, "record", None))
    elif word == "=>":
        closed = rest.endswith("closed")
        script.steps.append(Step(number, "expect", (outline.parse(rest.removesuffix("closed").strip()), closed)))
    else:
        made = eval(line, {"__builtins__": {}, **VOCABULARY})  # our own files
        if isinstance(made, (bytes, Later)):
            script.steps.append(Step(number, "send", made))
        elif callable(made):
            script.steps.append(Step(number, "do", made))
        else:
            raise ValueError("neither a message nor an action")


def read_all():
    return [script for path in sorted(FOLDER.glob("*.script")) for script in read(path)]


# What `pytest --record` has seen: path to {line: (words, closed)}.
_recorded = {}


def record(script, answers):
    _recorded.setdefault(script.path, {}).update(answers)


def write_recorded():
    """Puts the answers into the files in place of `=> ?`, once no line number is needed any more."""
    for path, answers in _recorded.items():
        lines = path.read_text().splitlines()
        for number, (words, closed) in sorted(answers.items(), reverse=True):
            indent = lines[number - 1][:-len(lines[number - 1].lstrip())]
            new = [f"{indent}=> {row}" for row in outline.lines(words)]
            if closed:
                new[-1] += " closed"
            lines[number - 1:number] = new
        path.write_text("\n".join(lines) + "\n")
