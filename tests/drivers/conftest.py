"""Servers, databases and daemons are those of tests/system."""

from fixtures import *  # noqa: F401,F403
