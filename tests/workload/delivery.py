"""How statements reach the server: as bytes, and how many ReadyForQuery answer them. The same statements may come one
by one or in one burst, in either protocol."""

import sys
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "system"))

import rawpg  # noqa: E402
from modes import with_literals  # noqa: E402


class Exchange(NamedTuple):
    data: bytes
    ready: int
    text: str           # for people
    copied: bytes = b""  # what follows CopyInResponse
    commits: bool = False  # what was done may be durable once this is sent


def _messages(statement):
    return rawpg.run_extended(statement.sql, *statement.values)


def _text(statement):
    return with_literals(statement.sql, statement.values)


def simple(statements, _):
    return [Exchange(rawpg.query(_text(s)), 1, _text(s)) for s in statements]


def extended(statements, _):
    return [Exchange(_messages(s) + rawpg.sync(), 1, _text(s)) for s in statements]


def named(statements, _):
    """Prepared under a name, with a portal of its own, and flushed before it is run."""
    return [Exchange(rawpg.parse(s.sql, "named") + rawpg.describe_statement("named") + rawpg.flush()
                     + rawpg.close_portal("p") + rawpg.bind(*s.values, statement="named", portal="p") + rawpg.execute("p") + rawpg.close_portal("p")
                     + rawpg.close_statement("named") + rawpg.sync()
                     # After an error the Close above was skipped.
                     + rawpg.close_statement("named") + rawpg.sync(), 2, f"named: {_text(s)}") for s in statements]


def limited(statements, random):
    """Portals that are asked for some rows at a time."""
    found = []
    for s in statements:
        returns_rows = s.sql.startswith("SELECT") or "RETURNING" in s.sql
        limits = [random.choice([1, 2, 0]) for _ in range(random.randint(1, 3) if returns_rows else 1)]
        data = (rawpg.parse(s.sql) + rawpg.close_portal("p") + rawpg.bind(*s.values, portal="p") + rawpg.describe_portal("p")
                + b"".join(rawpg.execute("p", n) for n in limits) + rawpg.close_portal("p") + rawpg.sync())
        found.append(Exchange(data, 1, f"limits {limits}: {_text(s)}"))
    return found


def pipeline(statements, _):
    """One Sync for all: they are one transaction, unless a block is open."""
    return [Exchange(b"".join(map(_messages, statements)) + rawpg.sync(), 1, "pipeline: " + "; ".join(map(_text, statements)))]


def ahead(statements, _):
    """Sent before anything is read, each with its Sync."""
    return [Exchange(b"".join(_messages(s) + rawpg.sync() for s in statements), len(statements),
                     "ahead: " + "; ".join(map(_text, statements)))]


def mixed(statements, random):
    """Both protocols in one burst."""
    data = b"".join(rawpg.query(_text(s)) if random.random() < 0.5 else _messages(s) + rawpg.sync() for s in statements)
    return [Exchange(data, len(statements), "mixed: " + "; ".join(map(_text, statements)))]


def script(statements, random):
    """All in one Query: one transaction, unless they say otherwise."""
    text = random.choice(["; ", ";", " ;\n-- a; comment\n"]).join(map(_text, statements))
    return [Exchange(rawpg.query(text), 1, text)]


ONE_BY_ONE = [simple, extended, named, limited, ahead, mixed]
AT_ONCE = [pipeline, script]


def in_block(statements, random):
    """Statements of a block: in chunks, each delivered in a way of its own."""
    found, rest = [], list(statements)
    while rest:
        size = random.randint(1, min(4, len(rest)))
        found += random.choice(ONE_BY_ONE + AT_ONCE)(rest[:size], random)
        rest = rest[size:]
    return found


def committing(exchanges):
    return [e._replace(commits=True) for e in exchanges]
