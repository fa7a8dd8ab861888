"""Fixtures come from tests/system."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "system"))

from fixtures import *  # noqa: E402,F401,F403


def pytest_addoption(parser):
    parser.addoption("--record", action="store_true", help="write what legacy answers in place of '=> ?' into the scripts")


def pytest_sessionfinish(session):
    import script

    script.write_recorded()
