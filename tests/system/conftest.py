"""See fixtures.py, which other folders of tests use as well."""

from fixtures import *  # noqa: F401,F403
