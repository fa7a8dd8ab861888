"""Every script direct and through pgtandem: each backend message must be the same, byte for byte, and so must be the
rows, on legacy and on the target; images and marks must be as many as the script says.

Twice: each write in one piece, and in pieces as small as one byte, whose sizes PGTANDEM_SEED repeats."""

import os
import random

import pytest

import compare
import script as scripts
from player import Player
from rawpg import Message

SCHEMA = (scripts.FOLDER / "schema.sql").read_text()
ALL = scripts.read_all()
CASES = [(script, "whole") for script in ALL] + [(script, "pieces") for script in ALL if not script.whole_only]


@pytest.fixture(scope="module", autouse=True)
def server_settings(servers):
    servers.legacy.sql("postgres", "ALTER SYSTEM SET max_prepared_transactions = 10")
    servers.legacy.sql("postgres", "ALTER SYSTEM SET wal_level = logical")
    servers.legacy.restart("fast")


def sizes_of_writes(way):
    if way == "whole":
        return None
    seed = int(os.environ.get("PGTANDEM_SEED", random.randrange(1 << 32)))
    print(f"PGTANDEM_SEED={seed}")
    source = random.Random(seed)
    largest = source.choice((1, 1, 7, 100, 5000))
    written = 0

    def next_size():
        nonlocal written
        size = source.randint(1, largest) if written < 50000 else 1 << 20  # what is long is not worth a call per byte
        written += size
        return size

    return next_size


def without_source(m):
    return Message(m.type, b"\0".join(field for field in m.body.split(b"\0") if field[:1] not in (b"F", b"L", b"R")))


def comparable(script, direct, proxied):
    """An error that pgtandem itself had to say has no file, line and routine of PostgreSQL's source; and a Query of
    several statements runs through other lines of it."""
    for at, (line, connection, m) in enumerate(direct):
        if isinstance(m, Message) and m.type in "EN" and at < len(proxied) and isinstance(proxied[at][2], Message):
            other = without_source(proxied[at][2])
            if other == proxied[at][2] or (not script.same_source and other == without_source(m)):
                m = without_source(m)
                proxied[at] = (*proxied[at][:2], other)
        yield line, connection, m


@pytest.mark.parametrize("script, way", CASES, ids=[f"{script}-{way}" for script, way in CASES])
def test_same_messages_same_rows(request, imaged_pair, script, way):
    pair = imaged_pair(SCHEMA + "".join(script.setup))
    direct = Player(pair.legacy, pair.legacy.port, pair.twin)
    proxied = Player(pair.legacy, pair.daemon.port, pair.database, sizes_of_writes(way), (pair.target, pair.database))
    try:
        direct.play(script)
        if request.config.getoption("record") and direct.recorded:
            return scripts.record(script, direct.recorded)
        assert not direct.recorded, "answers have not been recorded yet"
        proxied.play(script)
    finally:
        direct.close()
        proxied.close()
    expected = list(comparable(script, direct.transcript, proxied.transcript))
    assert proxied.transcript == expected
    assert compare.differences(pair.legacy, pair.legacy, pair.database, pair.twin) == []
    if script.target_follows:
        pair.assert_equal()
    status = pair.status()
    assert (status["images"], status["marks_made"]) == (script.images, script.marks)


def test_names_are_used_once():
    names = [str(script) for script in ALL]
    assert len(names) == len(set(names)) >= 80
