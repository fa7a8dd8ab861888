"""Fixtures of all tests of whole systems, imported by their conftest.py: servers live as long as a module, databases
and daemons as long as a test."""

import itertools
import shutil
import tempfile
from pathlib import Path

import pytest

from cluster import Cluster
from daemon import BINARY
from pair import Pair, Servers


def pytest_configure():
    if not BINARY.exists():
        raise pytest.UsageError(f"{BINARY} does not exist: build it first, or name another by PGTANDEM")


@pytest.fixture(scope="module")
def directory():
    """A place that the servers' user can reach."""
    path = Path(tempfile.mkdtemp(prefix="pgtandem."))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="module")
def servers(directory):
    legacy = target = None
    try:
        legacy = Cluster(directory / "legacy")
        target = Cluster(directory / "target")
        yield Servers(legacy, target)
    finally:
        for cluster in (legacy, target):
            if cluster:
                cluster.remove()


@pytest.fixture(scope="module")
def numbers():
    return itertools.count(1)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    report = (yield).get_result()
    if report.when == "call":
        item.test_failed = report.failed


@pytest.fixture
def make_pair(request, servers, directory, numbers):
    """make_pair(schema, options=..., **top): a fresh database on both servers and a daemon, stopped afterwards."""
    pairs = []

    def make(schema, **more):
        pair = Pair(servers, directory / f"daemon{next(numbers)}", schema, **more)
        pairs.append(pair)
        return pair

    yield make
    for pair in pairs:
        pair.remove()
        if getattr(request.node, "test_failed", True):
            print(f"the end of pgtandem's log:\n{pair.daemon.log_tail()}")


@pytest.fixture
def imaged_pair(make_pair):
    """A pair whose target is equal from the start and never healed: only images can keep it so."""

    def make(schema, **more):
        return make_pair(schema, options={"initial_heal": "off", **more.pop("options", {})}, **more)

    return make
