"""PostgreSQL's own test program for pipelines, direct and through pgtandem: the same output, the same exit code and, where
the order of sending and receiving does not depend on sockets, the same trace of messages."""

import subprocess
from pathlib import Path

import compare
import pytest

FOLDER = Path(__file__).resolve().parent
BUILD = FOLDER.parents[1] / "build" / "postgresql-source"
# The program drops these and makes them anew; the target has them, too, so that they can be mirrored.
SCHEMA = """
CREATE TABLE pq_pipeline_demo (id serial PRIMARY KEY, itemno integer, int8filler int8);
CREATE TABLE ppln_uniqviol (id bigint PRIMARY KEY, idata bigint);
"""
TESTS = ("disallowed_in_pipeline", "multi_pipelines", "nosync", "pipeline_abort", "pipeline_idle", "pipelined_insert",
         "prepared", "simple_pipeline", "singlerow", "transaction", "uniqviol")
# How much is sent before something is read depends on the sockets; they say so, and "ok" at the end.
UNTRACED = ("pipelined_insert", "uniqviol")


@pytest.fixture(scope="session")
def program():
    result = subprocess.run([FOLDER / "postgresql" / "build", BUILD], stdout=subprocess.PIPE, text=True)
    assert result.returncode == 0
    return result.stdout.strip()


@pytest.fixture(scope="module", autouse=True)
def right_to_set_the_language(servers):
    servers.legacy.sql("postgres", "GRANT SET ON PARAMETER lc_messages TO app")


def run(program, trace, test, port, database):
    arguments = [] if test in UNTRACED else ["-t", trace]
    result = subprocess.run(
        [program, *arguments, test, f"host=127.0.0.1 port={port} dbname={database} user=app sslmode=disable"],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300)
    said = result.stderr.splitlines()[-1:] if test in UNTRACED else result.stderr
    return result.returncode, result.stdout, said, trace.read_text() if arguments else ""


def test_every_test_of_the_program_is_run(program):
    assert subprocess.check_output([program, "tests"], text=True).split() == list(TESTS)


@pytest.mark.parametrize("test", TESTS)
def test_same_outcome(make_pair, tmp_path, program, test):
    pair = make_pair(SCHEMA)
    expected = run(program, tmp_path / "direct", test, pair.legacy.port, pair.twin)
    assert expected[0] == 0, expected
    assert run(program, tmp_path / "proxied", test, pair.daemon.port, pair.database) == expected
    assert compare.differences(pair.legacy, pair.legacy, pair.database, pair.twin) == []
