"""Servers of a run, and what a machine's tests share with those of tests/system."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "system"))

import run  # noqa: E402
from daemon import BINARY  # noqa: E402
from rounds import PLANTED  # noqa: E402


def pytest_configure():
    for program in (BINARY, PLANTED):
        if not program.exists():
            raise pytest.UsageError(f"{program} does not exist: build it first, or name another pgtandem by PGTANDEM")


@pytest.fixture(scope="session")
def servers():
    with run.TemporaryServers() as servers:
        yield servers
